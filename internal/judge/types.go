package judge

// A Type is one kind of customer harassment in a scheme of the authorities; its text is in the catalogue below "type.".
type Type string

// Types are what a category is called in the schemes that reports are asked for in. A person decides; the mapping says where to look.
type Types struct {
	MHLW9    []Type // nine types of the MHLW manual for companies (2022); none where the manual has no type
	MHLW2026 []Type // examples of the MHLW guideline in force since 2026-10-01: content of the demand, means and manner
	Tokyo    []Type // fifteen types of the guideline to the Tokyo ordinance (in force since 2025-04-01)
}

// Schemes gives all types of each scheme, in its order.
func Schemes() Types {
	return Types{
		MHLW9: []Type{"mhlw9.time", "mhlw9.repeat", "mhlw9.abuse", "mhlw9.violence", "mhlw9.threat", "mhlw9.authority", "mhlw9.outside", "mhlw9.net", "mhlw9.sexual"},
		MHLW2026: []Type{"mhlw2026.unfounded", "mhlw2026.beyond", "mhlw2026.impossible", "mhlw2026.damages", "mhlw2026.physical",
			"mhlw2026.mental", "mhlw2026.intimidating", "mhlw2026.persistent", "mhlw2026.binding"},
		Tokyo: []Type{"tokyo.no_fault", "tokyo.unrelated", "tokyo.physical", "tokyo.mental", "tokyo.intimidating", "tokyo.dogeza", "tokyo.persistent",
			"tokyo.binding", "tokyo.discriminating", "tokyo.sexual", "tokyo.personal", "tokyo.exchange", "tokyo.money", "tokyo.apology", "tokyo.impossible"},
	}
}

// Types gives what the category is called elsewhere; nothing for a guard.
func (c Category) Types() Types {
	of := func(nine, since2026, tokyo []Type) Types { return Types{nine, since2026, tokyo} }
	switch c {
	case Abuse:
		return of([]Type{"mhlw9.abuse"}, []Type{"mhlw2026.mental", "mhlw2026.intimidating"}, []Type{"tokyo.mental", "tokyo.intimidating"})
	case Threat:
		return of([]Type{"mhlw9.threat", "mhlw9.violence"}, []Type{"mhlw2026.mental"}, []Type{"tokyo.mental"})
	case Intim:
		return of([]Type{"mhlw9.threat"}, []Type{"mhlw2026.intimidating", "mhlw2026.mental"}, []Type{"tokyo.intimidating"})
	case Insult:
		return of([]Type{"mhlw9.abuse"}, []Type{"mhlw2026.mental"}, []Type{"tokyo.mental"})
	case Demand:
		return of([]Type{"mhlw9.authority"}, []Type{"mhlw2026.beyond", "mhlw2026.impossible", "mhlw2026.unfounded"},
			[]Type{"tokyo.no_fault", "tokyo.unrelated", "tokyo.exchange", "tokyo.impossible"})
	case Dogeza:
		return of([]Type{"mhlw9.abuse"}, []Type{"mhlw2026.mental"}, []Type{"tokyo.dogeza", "tokyo.apology"})
	case Money:
		return of(nil, []Type{"mhlw2026.damages"}, []Type{"tokyo.money"})
	case Hold:
		return of([]Type{"mhlw9.time"}, []Type{"mhlw2026.binding", "mhlw2026.persistent"}, []Type{"tokyo.binding", "tokyo.persistent"})
	case Repeat:
		return of([]Type{"mhlw9.repeat"}, []Type{"mhlw2026.persistent"}, []Type{"tokyo.persistent"})
	case Silent:
		return of([]Type{"mhlw9.repeat"}, []Type{"mhlw2026.persistent"}, []Type{"tokyo.persistent"})
	case Sexual:
		return of([]Type{"mhlw9.sexual"}, []Type{"mhlw2026.mental"}, []Type{"tokyo.sexual"})
	case Discrim:
		return of([]Type{"mhlw9.abuse"}, []Type{"mhlw2026.mental"}, []Type{"tokyo.discriminating"})
	case Privacy:
		return of(nil, []Type{"mhlw2026.unfounded", "mhlw2026.persistent"}, []Type{"tokyo.personal", "tokyo.unrelated"})
	case SNS:
		return of([]Type{"mhlw9.net"}, []Type{"mhlw2026.mental"}, []Type{"tokyo.personal", "tokyo.mental"})
	case Auth:
		return of([]Type{"mhlw9.authority"}, []Type{"mhlw2026.intimidating"}, []Type{"tokyo.intimidating"})
	case Visit:
		return of([]Type{"mhlw9.outside"}, []Type{"mhlw2026.binding", "mhlw2026.beyond"}, []Type{"tokyo.binding", "tokyo.impossible"})
	case Nitpick:
		return of([]Type{"mhlw9.time", "mhlw9.abuse"}, []Type{"mhlw2026.persistent", "mhlw2026.intimidating"}, []Type{"tokyo.intimidating", "tokyo.persistent"})
	case Disrupt:
		return of(nil, []Type{"mhlw2026.intimidating", "mhlw2026.unfounded"}, []Type{"tokyo.intimidating"})
	case GCrisis, GDis, GRights, GVictim, GLoud, GBus, GB2B:
	}
	return Types{}
}
