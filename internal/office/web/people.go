package web

import (
	"context"

	"commusafe/internal/office/staff"
)

func personView(p staff.Person) PersonView {
	return PersonView{ID: p.ID, Login: p.Login, Name: p.Name, Role: p.Role, Rights: filled(p.Rights), Disabled: p.Disabled, MustChange: p.MustChange}
}

func (s *Server) listStaff(ctx context.Context, _ *none) (*body[People], error) {
	all, err := s.Staff.Store.ListStaff(ctx)
	out := People{People: []PersonView{}}
	for _, p := range all {
		out.People = append(out.People, personView(p))
	}
	return &body[People]{out}, err
}

func (s *Server) addStaff(ctx context.Context, in *body[NewPerson]) (*body[FirstPassword], error) {
	p, password, err := s.Staff.Add(ctx, who(ctx), in.Body.Login, in.Body.Name, in.Body.Role)
	return &body[FirstPassword]{FirstPassword{personView(p), password}}, err
}

func (s *Server) changeStaff(ctx context.Context, in *onID[PersonPatch]) (*body[PersonView], error) {
	defer s.people.forget(staff.ID(in.ID)) // as they were counts no more, also if the database goes away now
	p, err := s.Staff.Change(ctx, who(ctx), staff.ID(in.ID), staff.Patch{Name: in.Body.Name, Role: in.Body.Role, Disabled: in.Body.Disabled})
	return &body[PersonView]{personView(p)}, err
}

func (s *Server) resetPassword(ctx context.Context, in *byID) (*body[FirstPassword], error) {
	defer s.people.forget(staff.ID(in.ID))
	p, password, err := s.Staff.ResetPassword(ctx, who(ctx), staff.ID(in.ID))
	return &body[FirstPassword]{FirstPassword{personView(p), password}}, err
}
