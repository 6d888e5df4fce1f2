package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// RuntimeVersion is the version of the library that install-runtime puts in place.
const RuntimeVersion = "1.13.8"

// runtimeSHA256 is the checksum of the npm package sherpa-onnx-linux-x64 of that version.
const runtimeSHA256 = "13291bcd825da5858ca27a35443e9a2c229a40616c0910086de2db12c5c9312c"

// runtimeFiles are the files of the package that are used.
func runtimeFiles() []string { return []string{"libonnxruntime.so", "libsherpa-onnx-c-api.so"} }

const runtimeMB = 40

// RuntimeAsset is the name of the npm package's archive.
const RuntimeAsset = "sherpa-onnx-linux-x64-" + RuntimeVersion + ".tgz"

// RuntimeLicence is the licence of the library; onnxruntime, in the same package, is under MIT.
const RuntimeLicence = "Apache-2.0"

// RuntimePath is the folder in which install-runtime puts the library.
func (s *Store) RuntimePath() string { return s.Path(runtimeID) }

// Pull installs a model from an address (a folder of releases, or the asset itself), a folder or a file. An empty from
// is the manifest's source.
func (s *Store) Pull(ctx context.Context, id, from string) error {
	m, err := s.Manifest.Find(id)
	if err != nil {
		return err
	}
	if err := s.mayUse(m); err != nil {
		return err
	}
	release, err := s.alone(id)
	if err != nil {
		return err
	}
	defer release()
	if from == "" {
		from = s.Manifest.Source
	}
	pins, err := s.pins()
	if err != nil {
		return err
	}
	asset, done, err := s.obtain(ctx, id, m.Asset, from, m.SizeMB, m.archived() || m.SHA256 != "" || pins[id] != "")
	if err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	var names []string
	for _, n := range m.Files {
		names = append(names, n)
	}
	err = s.install(Record{ID: id, Licence: m.Licence, From: plain(from)}, asset, m.SHA256, names, m.archived(), m.SizeMB)
	return errors.Join(err, done(err))
}

// InstallRuntime installs the library from a file, a folder with the file in it, or an address.
func (s *Store) InstallRuntime(ctx context.Context, from string) error {
	if from == "" {
		return input("where the package %s is has to be said: --from FILE, FOLDER or ADDRESS, or models.runtime in the configuration (npm pack sherpa-onnx-linux-x64@%s makes the file)", RuntimeAsset, RuntimeVersion)
	}
	release, err := s.alone(runtimeID)
	if err != nil {
		return err
	}
	defer release()
	asset, done, err := s.obtain(ctx, runtimeID, RuntimeAsset, from, runtimeMB, true)
	if err != nil {
		return fmt.Errorf("%s: %w", RuntimeAsset, err)
	}
	err = s.install(Record{ID: runtimeID, Licence: RuntimeLicence, From: plain(from)}, asset, runtimeSHA256, runtimeFiles(), true, runtimeMB)
	return errors.Join(err, done(err))
}

// plain drops query and user from an address: they may be secrets.
func plain(from string) string {
	from, _, _ = strings.Cut(from, "?")
	return from
}

// obtain gives the path of an asset: the file named, the file in the folder named, or a download. done ends its use: a
// download that is not what it should be is dropped, for it would only be resumed; one that this machine had no room for is kept.
func (s *Store) obtain(ctx context.Context, id, asset, from string, sizeMB int64, proved bool) (path string, done func(error) error, err error) {
	nothing := func(error) error { return nil }
	if !strings.Contains(from, "://") {
		st, err := os.Stat(from)
		if err != nil {
			return "", nil, input("%w", err)
		}
		if !st.IsDir() {
			return from, nothing, nil
		}
		for _, p := range []string{asset, filepath.Base(asset)} {
			if _, err := os.Stat(filepath.Join(from, p)); err == nil {
				return filepath.Join(from, p), nothing, nil
			}
		}
		return "", nil, input("%s is not in %s", filepath.Base(asset), from)
	}
	name := filepath.Base(asset)
	if !strings.HasSuffix(plain(from), name) {
		from = strings.TrimSuffix(from, "/") + "/" + asset
	}
	part := filepath.Join(s.Dir, "."+id+"."+name+".part") // two models may have assets of one name
	d := &download{url: from, path: part, most: limit(sizeMB), proved: proved, pause: 500 * time.Millisecond, client: newClient(from)}
	if s.Progress != nil {
		d.progress = func(n, total int64) { s.Progress(name, n, total) }
	}
	if err := d.run(ctx); err != nil {
		if errors.Is(err, errTooLarge) {
			err = errors.Join(err, dropPart(part))
		}
		return "", nil, err
	}
	return part, func(err error) error {
		if _, local := errors.AsType[syscall.Errno](err); local {
			return errKept
		}
		return dropPart(part)
	}, nil
}

// errKept stands beside a fault of this machine: a full disk, a folder that may not be written.
var errKept = errors.New("what has come is kept: when the cause is gone, the same command goes on with it")

// limit is how many bytes an asset of so many MB may have: archives carry samples and other precisions too.
func limit(sizeMB int64) int64 { return (4*sizeMB + 16) << 20 }

// install checks an asset's sum, unpacks it into a new folder and puts that in place. Nothing is left of what fails.
func (s *Store) install(r Record, asset, want string, names []string, archived bool, sizeMB int64) (err error) {
	sum, err := sumFile(asset)
	if err != nil {
		return fmt.Errorf("%s: %w", r.ID, err)
	}
	if err := s.checkPin(r.ID, want, sum); err != nil {
		return err
	}
	fresh, err := s.fresh(r.ID)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(fresh))
		}
	}()
	f, err := os.Open(asset)
	if err != nil {
		return err
	}
	defer f.Close()
	if archived {
		err = unpack(f, fresh, names, limit(sizeMB))
	} else {
		err = writeFile(filepath.Join(fresh, names[0]), &counted{r: f, left: limit(sizeMB)})
	}
	if err != nil {
		return fmt.Errorf("%s: %w; nothing was installed", r.ID, err)
	}
	if err := s.pin(map[string]string{r.ID: sum}); err != nil {
		return err
	}
	r.Asset, r.Files = sum, map[string]string{}
	for _, n := range names {
		r.Files[n] = ""
	}
	return s.place(fresh, r)
}

// Import installs every model of the manifest that a folder has, as asset or with all its files, without network. It
// gives the IDs that were installed; a model whose licence was not accepted is an error, and the others go on.
func (s *Store) Import(ctx context.Context, dir string) (ids []string, err error) {
	if st, serr := os.Stat(dir); serr != nil || !st.IsDir() {
		return nil, input("%s is not a folder", dir)
	}
	var errs []error
	for _, m := range s.Manifest.Models {
		var ierr error
		switch {
		case has(dir, m.assetName()):
			ierr = s.Pull(ctx, m.ID, filepath.Join(dir, m.assetName()))
		case m.archived() && hasAll(filepath.Join(dir, m.ID), m):
			ierr = s.copyFrom(filepath.Join(dir, m.ID), m)
		case m.archived() && hasAll(filepath.Join(dir, strings.TrimSuffix(m.assetName(), ".tar.bz2")), m):
			ierr = s.copyFrom(filepath.Join(dir, strings.TrimSuffix(m.assetName(), ".tar.bz2")), m)
		default:
			continue
		}
		if ierr != nil {
			errs = append(errs, ierr)
			continue
		}
		ids = append(ids, m.ID)
	}
	if has(dir, RuntimeAsset) {
		if rerr := s.InstallRuntime(ctx, filepath.Join(dir, RuntimeAsset)); rerr != nil {
			errs = append(errs, rerr)
		} else {
			ids = append(ids, runtimeID)
		}
	}
	if len(ids)+len(errs) == 0 {
		return nil, input("no known model is in %s: it needs an asset by its name, or a folder with a model's files", dir)
	}
	return ids, errors.Join(errs...)
}

func has(dir, name string) bool {
	st, err := os.Lstat(filepath.Join(dir, name))
	return err == nil && st.Mode().IsRegular()
}

func hasAll(dir string, m Model) bool {
	for _, n := range m.Files {
		if !has(dir, n) {
			return false
		}
	}
	return true
}

// copyFrom installs a model from its loose files, each pinned by itself.
func (s *Store) copyFrom(dir string, m Model) (err error) {
	if err := s.mayUse(m); err != nil {
		return err
	}
	release, err := s.alone(m.ID)
	if err != nil {
		return err
	}
	defer release()
	fresh, err := s.fresh(m.ID)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(fresh))
		}
	}()
	files, pins := map[string]string{}, map[string]string{}
	for _, n := range m.Files {
		sum, err := copyFile(filepath.Join(dir, n), filepath.Join(fresh, n), limit(m.SizeMB))
		if err != nil {
			return fmt.Errorf("%s: %s: %w", m.ID, n, err)
		}
		if err := s.checkPin(m.ID+"/"+n, "", sum); err != nil {
			return err
		}
		files[n], pins[m.ID+"/"+n] = sum, sum
	}
	if err := s.pin(pins); err != nil {
		return err
	}
	return s.place(fresh, Record{ID: m.ID, Licence: m.Licence, From: dir, Files: files})
}

func copyFile(from, to string, most int64) (string, error) {
	f, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := writeFile(to, &counted{r: io.Reader(f), left: most}); err != nil {
		return "", err
	}
	return sumFile(to)
}

// Part gives the path of one part of an installed model, empty when the model has none such.
func (s *Store) Part(m Model, part string) string {
	if m.Files[part] == "" {
		return ""
	}
	return filepath.Join(s.Path(m.ID), m.Files[part])
}

// Ready gives an installed model of a use by its ID.
func (s *Store) Ready(id, use string) (Model, error) {
	m, err := s.Manifest.Find(id)
	if err != nil {
		return m, err
	}
	if m.Use != use {
		return m, input("model %s is for %s, not for %s", id, m.Use, use)
	}
	if _, err := s.Installed(id); errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("model %s is not installed: commusafe models pull %s", id, id)
	} else if err != nil {
		return m, err
	}
	return m, nil
}
