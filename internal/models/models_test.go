package models

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const toy = `
models:
  - {id: toy, use: words, kind: nemo_ctc, asset: a/toy.tar.gz, size_mb: 1, licence: Toy-1.0, commercial: "yes", files: {net: net.onnx, tokens: tokens.txt}}
  - {id: one, use: activity, asset: one.onnx, size_mb: 1, licence: MIT, commercial: "yes", files: {net: one.onnx}}
`

func store(t *testing.T) *Store {
	t.Helper()
	dir := t.TempDir()
	own := filepath.Join(dir, "own.yaml")
	if err := os.WriteFile(own, []byte(toy), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Known(own)
	if err != nil {
		t.Fatal(err)
	}
	return &Store{Dir: filepath.Join(dir, "models"), Manifest: m, By: "tester"}
}

type entry struct {
	name string
	body string
	kind byte
	link string
}

func targz(entries ...entry) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		if e.kind == 0 {
			e.kind = tar.TypeReg
		}
		_ = w.WriteHeader(&tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Size: int64(len(e.body)), Mode: 0o644})
		_, _ = w.Write([]byte(e.body))
	}
	w.Close()
	z.Close()
	return b.Bytes()
}

func toyArchive() []byte {
	noise := make([]byte, 300<<10)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	return targz(entry{name: "toy", kind: tar.TypeDir}, entry{name: "toy/net.onnx", body: string(noise)}, entry{name: "toy/tokens.txt", body: "a 0\n"}, entry{name: "toy/README.md", body: "x"})
}

// left lists what is in the store's folder.
func left(t *testing.T, s *Store) []string {
	t.Helper()
	list, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestTheShippedManifestIsInOrder(t *testing.T) {
	m, err := Known("")
	if err != nil || len(m.Models) < 8 || checkURL(m.Source) != nil {
		t.Fatal(len(m.Models), err)
	}
	for _, x := range m.Models {
		if x.Figures == "" {
			t.Errorf("%s says no figures", x.ID)
		}
	}
}

func TestMalformedManifestsAreNamed(t *testing.T) {
	good := `models: [{id: x, use: words, kind: nemo_ctc, asset: x.tar.bz2, size_mb: 1, licence: MIT, commercial: "yes", files: {net: n, tokens: t}}]`
	if _, err := ParseManifest([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for from, c := range map[string]struct{ to, want string }{
		"id: x":             {"id: ../x", `id "../x"`},
		"use: words":        {"use: magic", `use "magic"`},
		"kind: nemo_ctc":    {"kind: whisper", `kind "whisper"`},
		"asset: x.tar.bz2":  {"asset: ../x", `asset "../x"`},
		"size_mb: 1":        {"size_mb: 0", "size_mb"},
		"licence: MIT":      {"licence: ''", "licence"},
		`commercial: "yes"`: {"commercial: perhaps", "commercial"},
		"net: n":            {"net: ../n", `"../n"`},
		", tokens: t":       {"", "files lack tokens"},
		"models: [":         {"modles: [", "modles"},
		"MIT,":              {"MIT, sha256: zz,", "sha256"},
		"MIT, ":             {"MIT, unit: letters, ", `unit "letters"`},
		"net: n,":           {"net: installed.json,", "installed.json"},
	} {
		if _, err := ParseManifest([]byte(strings.Replace(good, from, c.to, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got %v", c.to, c.want, err)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(toy))
	f.Add(shipped)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseManifest(b)
		for _, x := range m.Models {
			if err != nil || strings.Contains(x.ID+x.Asset, "..") && strings.Contains(x.ID+x.Asset, "/..") || strings.ContainsAny(x.ID, "/.") {
				t.Errorf("%+v passed (%v)", x, err)
			}
			for _, n := range x.Files {
				if n != filepath.Base(n) || n == ".." {
					t.Errorf("file %q passed", n)
				}
			}
		}
	})
}

// A server that drops the connection again and again: the download goes on where it was, and nothing is fetched twice.
func TestPullGoesOnAfterEachCut(t *testing.T) {
	b := toyArchive()
	var requests, sent atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/base/a/toy.tar.gz" {
			http.NotFound(w, r)
			return
		}
		requests.Add(1)
		cut := &cutWriter{ResponseWriter: w, left: 90 << 10, sent: &sent}
		http.ServeContent(cut, r, "", time.Time{}, bytes.NewReader(b))
	}))
	defer srv.Close()
	s := store(t)
	if err := s.Pull(t.Context(), "toy", srv.URL+"/base"); err == nil || !strings.Contains(err.Error(), "--accept-licence Toy-1.0") {
		t.Fatalf("without a licence: %v", err)
	}
	if requests.Load() != 0 {
		t.Error("something was fetched before the licence was accepted")
	}
	if err := s.Accept("Toy-1.0"); err != nil {
		t.Fatal(err)
	}
	var progress int64
	s.Progress = func(_ string, done, total int64) {
		if total != int64(len(b)) {
			t.Errorf("total %d", total)
		}
		progress = done
	}
	if err := s.Pull(t.Context(), "toy", srv.URL+"/base"); err != nil {
		t.Fatal(err)
	}
	if requests.Load() < 4 || sent.Load() != int64(len(b)) || progress != int64(len(b)) {
		t.Errorf("%d requests, %d bytes sent of %d, progress %d", requests.Load(), sent.Load(), len(b), progress)
	}
	r, err := s.Installed("toy")
	if err != nil || len(r.Files) != 2 || r.By != "tester" || r.Asset == "" || s.Verify("toy") != nil {
		t.Errorf("%+v %v %v", r, err, s.Verify("toy"))
	}
	want := []string{"licences.json", "pins.json", "toy"}
	if got := left(t, s); !slices.Equal(got, want) {
		t.Errorf("left %v", got)
	}
}

// Two commands that want one model: one works, the other one says so, and what the first one fetched is what is installed.
func TestOneCommandInstallsAModel(t *testing.T) {
	b, begun, goOn := toyArchive(), make(chan struct{}, 9), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(b))) // no part of it can be asked for
		_, _ = w.Write(b[:len(b)/2])
		w.(http.Flusher).Flush()
		begun <- struct{}{}
		<-goOn
		_, _ = w.Write(b[len(b)/2:])
	}))
	defer srv.Close()
	s := store(t)
	if err := s.Accept("Toy-1.0"); err != nil {
		t.Fatal(err)
	}
	first := make(chan error)
	go func() { first <- s.Pull(t.Context(), "toy", srv.URL) }()
	<-begun
	file := filepath.Join(t.TempDir(), "toy.tar.gz")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Pull(t.Context(), "toy", file); err == nil || !strings.Contains(err.Error(), "another command") {
		t.Errorf("a second command beside the first: %v", err)
	}
	close(goOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Join(s.Dir, ".toy.new-1", "x"), 0o700), os.WriteFile(filepath.Join(s.Dir, ".toy.lock"), nil, 0o600)); err != nil {
		t.Fatal(err) // a command was killed
	}
	if err := s.Pull(t.Context(), "toy", file); err != nil || s.Verify("toy") != nil {
		t.Error(err, s.Verify("toy"))
	}
	if got := left(t, s); !slices.Equal(got, []string{"licences.json", "pins.json", "toy"}) {
		t.Errorf("left %v", got)
	}
}

// Commands for different models keep their pins and licences beside each other.
func TestNoPinIsLost(t *testing.T) {
	s := store(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := errors.Join(s.Accept(fmt.Sprint("L", i)), s.pin(map[string]string{fmt.Sprint("m", i): "x"})); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	licences, err := s.accepted()
	pins, perr := s.pins()
	if len(licences) != 20 || len(pins) != 20 || err != nil || perr != nil {
		t.Errorf("%d licences, %d pins (%v, %v)", len(licences), len(pins), err, perr)
	}
}

// A file that its publisher replaces between two pieces is fetched anew, not joined of two halves, and its sum alone is pinned. A source
// that tells no versions apart begins anew where nothing would show the seam.
func TestAFileThatChangesInBetween(t *testing.T) {
	for name, mark := range map[string]func(http.Header, string){
		"ETag": func(h http.Header, v string) { h.Set("ETag", `"`+v+`"`) },
		"date": func(h http.Header, v string) {
			h.Set("Last-Modified", map[string]string{"a": "Tue, 01 Dec 2026 00:00:00 GMT", "b": "Wed, 02 Dec 2026 00:00:00 GMT"}[v])
		},
		"nothing": func(http.Header, string) {},
	} {
		var requests atomic.Int64
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			version := "b"
			if requests.Add(1) == 1 {
				version = "a"
			}
			mark(w.Header(), version)
			body := strings.NewReader(strings.Repeat(version, 200<<10))
			var sent atomic.Int64
			when, _ := http.ParseTime(w.Header().Get("Last-Modified"))
			http.ServeContent(&cutWriter{ResponseWriter: w, left: 150 << 10, sent: &sent}, r, "", when, body)
			if requests.Load() > 4 {
				t.Error(name, ": it is fetched for ever")
			}
		}))
		s := store(t)
		if err := s.Accept("MIT"); err != nil {
			t.Fatal(err)
		}
		err := s.Pull(t.Context(), "one", srv.URL)
		srv.Close()
		if name == "nothing" { // each try begins anew and is cut off
			if err == nil {
				t.Error("joined of pieces that may be of different files")
			}
			continue
		}
		if err != nil {
			t.Fatal(name, err)
		}
		if b, err := os.ReadFile(filepath.Join(s.Path("one"), "one.onnx")); err != nil || string(b) != strings.Repeat("b", 200<<10) {
			t.Errorf("%s: installed are %d bytes, of them %d old (%v)", name, len(b), bytes.Count(b, []byte("a")), err)
		}
		if got, want := left(t, s), []string{"licences.json", "one", "pins.json"}; !slices.Equal(got, want) {
			t.Errorf("%s: left %v", name, got)
		}
	}
}

// A connection over which a byte a second trickles is given up.
func TestATricklingSourceIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		f, err := os.Create(filepath.Join(t.TempDir(), "f"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		d := &download{most: 1 << 20}
		began := time.Now()
		if _, err := d.copy(cancel, f, trickle{ctx}, 0, 10_000); err == nil || !strings.Contains(err.Error(), "came in a minute") {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

type trickle struct{ ctx context.Context }

func (r trickle) Read(b []byte) (int, error) {
	select {
	case <-r.ctx.Done():
		return 0, context.Cause(r.ctx)
	case <-time.After(time.Second):
		return copy(b, "x"), nil
	}
}

// What a killed command had not finished is cleared away by the next one, whichever that is.
func TestWhatAKilledCommandLeftIsClearedAway(t *testing.T) {
	s := store(t)
	for _, dir := range []string{".one.gone", ".one.new-1", ".two.gone"} {
		if err := os.MkdirAll(filepath.Join(s.Dir, dir, "x"), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	release, err := s.alone("one")
	if err != nil {
		t.Fatal(err)
	}
	release()
	if got, want := left(t, s), []string{".two.gone"}; !slices.Equal(got, want) {
		t.Errorf("left %v", got)
	}
}

// At no moment is there no model while one is replaced: a command may be killed at any.
func TestAModelIsReplacedAtOnce(t *testing.T) {
	s := store(t)
	put := func() {
		fresh, err := s.fresh("one")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(fresh, "one.onnx"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.place(fresh, Record{ID: "one", Files: map[string]string{"one.onnx": ""}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(s.Dir, 0o750); err != nil {
		t.Fatal(err)
	}
	put()
	done := make(chan struct{})
	missing := make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-done:
				missing <- n
				return
			default:
			}
			if _, err := os.Stat(s.Path("one")); err != nil {
				n++
			}
		}
	}()
	for range 200 {
		put()
	}
	close(done)
	if n := <-missing; n > 0 {
		t.Errorf("no model was there %d times", n)
	}
	if got, want := left(t, s), []string{"one"}; !slices.Equal(got, want) {
		t.Errorf("left %v", got)
	}
}

// A download that was cut off belongs to its model: another's asset of the same name doesn't go on with it.
func TestADownloadBelongsToItsModel(t *testing.T) {
	ctx, cut := context.WithCancel(t.Context())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/b/one.onnx") {
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader("the second model"))
			return
		}
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("the first"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer srv.Close()
	s := store(t)
	s.Progress = func(_ string, done, _ int64) {
		if done == 9 {
			cut()
		}
	}
	s.Manifest.Models = append(s.Manifest.Models, Model{ID: "two", Use: UseActivity, Asset: "b/one.onnx", SizeMB: 1, Licence: "MIT", Files: map[string]string{"net": "one.onnx"}})
	if err := s.Accept("MIT"); err != nil {
		t.Fatal(err)
	}
	if err := s.Pull(ctx, "one", srv.URL); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := s.Pull(t.Context(), "two", srv.URL); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(s.Path("two"), "one.onnx")); err != nil || string(b) != "the second model" {
		t.Errorf("installed is %q (%v)", b, err)
	}
}

// What had come whole is not fetched again because this machine could not install it; what is too large is not kept.
func TestADownloadOutlivesAFaultOfTheMachine(t *testing.T) {
	b, endless := toyArchive(), false
	var sent atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for endless && r.Context().Err() == nil {
			_, _ = w.Write(b)
		}
		if endless {
			return
		}
		http.ServeContent(&cutWriter{ResponseWriter: w, left: 1 << 30, sent: &sent}, r, "", time.Time{}, bytes.NewReader(b))
	}))
	defer srv.Close()
	s := store(t)
	if err := errors.Join(s.Accept("Toy-1.0"), os.MkdirAll(filepath.Join(s.Dir, pinsFile+".part"), 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := s.Pull(t.Context(), "toy", srv.URL); err == nil || !strings.Contains(err.Error(), "is kept") {
		t.Errorf("with a fault: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(s.Dir, pinsFile+".part")); err != nil {
		t.Fatal(err)
	}
	if err := s.Pull(t.Context(), "toy", srv.URL); err != nil || sent.Load() > int64(len(b))+1000 {
		t.Errorf("afterwards: %v; %d bytes sent of %d", err, sent.Load(), len(b))
	}
	endless = true
	if err := s.Pull(t.Context(), "toy", srv.URL); !errors.Is(err, errTooLarge) {
		t.Errorf("endless: %v", err)
	}
	if got := left(t, s); !slices.Equal(got, []string{"licences.json", "pins.json", "toy"}) {
		t.Errorf("left %v", got)
	}
}

// A cutWriter drops the connection after so many bytes of body.
type cutWriter struct {
	http.ResponseWriter
	left int
	sent *atomic.Int64
}

func (c *cutWriter) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	_, _ = c.ResponseWriter.Write(p[:n])
	c.left -= n
	c.sent.Add(int64(n))
	if c.left == 0 {
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, nil
}

// What comes later must be what came first.
func TestAChangedArchiveIsRefused(t *testing.T) {
	s := store(t)
	good := filepath.Join(t.TempDir(), "toy.tar.gz")
	if err := errors.Join(s.Accept("Toy-1.0"), os.WriteFile(good, toyArchive(), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := s.Pull(t.Context(), "toy", good); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(good, targz(entry{name: "net.onnx", body: "evil"}, entry{name: "tokens.txt", body: "b 0"}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Pull(t.Context(), "toy", good); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("a changed archive: %v", err)
	}
	if err := s.Verify("toy"); err != nil {
		t.Errorf("the installed one is gone: %v", err)
	}
	if err := os.WriteFile(filepath.Join(s.Path("toy"), "tokens.txt"), []byte("c 0"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify("toy"); err == nil || !strings.Contains(err.Error(), "tokens.txt") {
		t.Errorf("a changed file: %v", err)
	}
	if err := s.Remove("toy"); err != nil || s.Verify("toy") == nil {
		t.Errorf("removed: %v", err)
	}
	if got := left(t, s); !slices.Equal(got, []string{"licences.json", "pins.json"}) {
		t.Errorf("left %v", got)
	}
	if err := s.InstallRuntime(t.Context(), good); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("another runtime: %v", err)
	}
}

// What came the first time and was no model is not what is expected from then on: a log-in page, or half an archive.
func TestOnlyWhatIsWholeIsPinned(t *testing.T) {
	good, page := toyArchive(), true
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if page {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte("<html>please log in</html>"))
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(good))
	}))
	defer srv.Close()
	s := store(t)
	broken, part := filepath.Join(t.TempDir(), "toy.tar.gz"), filepath.Join(t.TempDir(), "part")
	if err := errors.Join(s.Accept("Toy-1.0"), s.Accept("MIT"), os.WriteFile(broken, good[:len(good)/2], 0o600), os.WriteFile(part, good[:1000], 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := s.Pull(t.Context(), "toy", broken); err == nil {
		t.Error("half an archive was installed")
	}
	for _, id := range []string{"toy", "one"} {
		if err := s.Pull(t.Context(), id, srv.URL); err == nil || !strings.Contains(err.Error(), "log-in page") {
			t.Errorf("%s, a log-in page: %v", id, err)
		}
	}
	d := &download{url: srv.URL, path: part, most: 1 << 20, client: newClient(srv.URL)}
	if err := d.run(t.Context()); err == nil {
		t.Error("a log-in page was taken for a file")
	}
	if b, err := os.ReadFile(part); err != nil || !bytes.Equal(b, good[:1000]) {
		t.Errorf("a log-in page cost what had come before: %d bytes are left (%v)", len(b), err)
	}
	page = false
	for _, id := range []string{"toy", "one"} {
		if err := s.Pull(t.Context(), id, srv.URL); err != nil {
			t.Errorf("%s afterwards: %v", id, err)
		}
	}
	if err := s.Pull(t.Context(), "toy", broken); err == nil || !strings.Contains(err.Error(), filepath.Join(s.Dir, "pins.json")) {
		t.Errorf("another archive, without what to do: %v", err)
	}
}

func TestArchivesThatMustNotBeUnpacked(t *testing.T) {
	huge := targz(entry{name: "net.onnx", body: strings.Repeat("\x00", 24<<20)})
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"climbs":        {targz(entry{name: "toy/../../net.onnx", body: "x"}), "leads out"},
		"absolute":      {targz(entry{name: "/etc/net.onnx", body: "x"}), "leads out"},
		"symbolic link": {targz(entry{name: "net.onnx", kind: tar.TypeSymlink, link: "/etc/passwd"}), "neither file nor folder"},
		"hard link":     {targz(entry{name: "net.onnx", kind: tar.TypeLink, link: "tokens.txt"}), "neither file nor folder"},
		"device":        {targz(entry{name: "net.onnx", kind: tar.TypeChar}), "neither file nor folder"},
		"huge":          {huge, "larger than the manifest"},
		"sparse":        {sparse(40 << 20), "larger than the manifest"},
		"twice":         {targz(entry{name: "a/net.onnx", body: "x"}, entry{name: "b/net.onnx", body: "y"}), "twice"},
		"lacks":         {targz(entry{name: "net.onnx", body: "x"}), "lacks tokens.txt"},
		"junk":          {[]byte("PK\x03\x04 a zip"), "neither tar.bz2 nor tar.gz"},
		"empty":         {nil, "too short"},
		"cut":           {toyArchive()[:100<<10], "unexpected EOF"},
	} {
		s := store(t)
		path := filepath.Join(t.TempDir(), "toy.tar.gz")
		if err := errors.Join(s.Accept("Toy-1.0"), os.WriteFile(path, c.b, 0o600)); err != nil {
			t.Fatal(err)
		}
		err := s.Pull(t.Context(), "toy", path)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got %v", name, c.want, err)
		}
		if got := left(t, s); slices.ContainsFunc(got, func(n string) bool { return strings.Contains(n, "toy") }) {
			t.Errorf("%s left %v", name, got)
		}
	}
}

// sparse gives an archive of two hundred bytes with a file of so many, all of them holes (PAX 1.0).
func sparse(size int) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	var records strings.Builder
	for _, r := range []string{"GNU.sparse.major=1\n", "GNU.sparse.minor=0\n", "GNU.sparse.name=net.onnx\n", fmt.Sprintf("GNU.sparse.realsize=%09d\n", size)} {
		fmt.Fprintf(&records, "%d %s", len(r)+3, r)
	}
	holes := fmt.Sprintf("1\n%d\n0\n", size)
	holes += strings.Repeat("\x00", 512-len(holes))
	_ = w.WriteHeader(&tar.Header{Name: "pax", Typeflag: tar.TypeReg, Size: int64(records.Len()), Mode: 0o644, Format: tar.FormatUSTAR})
	_, _ = w.Write([]byte(records.String()))
	_ = w.WriteHeader(&tar.Header{Name: "net.onnx", Typeflag: tar.TypeReg, Size: 512, Mode: 0o644, Format: tar.FormatUSTAR})
	_, _ = w.Write([]byte(holes))
	w.Close()
	z.Close()
	return retyped(b.Bytes(), tar.TypeXHeader)
}

// retyped makes an archive's first entry one of another type: the writer has no way to write such a header.
func retyped(tgz []byte, kind byte) []byte {
	z, _ := gzip.NewReader(bytes.NewReader(tgz))
	raw, _ := io.ReadAll(z)
	raw[156] = kind
	copy(raw[148:156], "        ")
	sum := 0
	for _, c := range raw[:512] {
		sum += int(c)
	}
	copy(raw[148:156], fmt.Sprintf("%06o\x00 ", sum))
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	_, _ = g.Write(raw)
	g.Close()
	return b.Bytes()
}

// Whatever is in an archive, nothing but wanted names appears, and only in the folder.
func FuzzUnpack(f *testing.F) {
	f.Add(targz(entry{name: "toy/net.onnx", body: "x"}, entry{name: "tokens.txt", body: "y"}))
	f.Add(targz(entry{name: "../net.onnx", body: "x"}))
	f.Add([]byte("BZh91AY&SY"))
	f.Fuzz(func(t *testing.T, b []byte) {
		top := t.TempDir()
		dir := filepath.Join(top, "in")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		_ = unpack(bytes.NewReader(b), dir, []string{"net.onnx", "tokens.txt"}, 1<<20)
		outside, _ := os.ReadDir(top)
		inside, _ := os.ReadDir(dir)
		if len(outside) != 1 {
			t.Errorf("outside: %v", outside)
		}
		for _, e := range inside {
			if n := e.Name(); n != "net.onnx" && n != "tokens.txt" || !e.Type().IsRegular() {
				t.Errorf("inside: %v", e)
			}
		}
	})
}

// Without network: assets and loose folders of a folder, with pins for each.
func TestImportWithoutNetwork(t *testing.T) {
	s, dir := store(t), t.TempDir()
	if _, err := s.Import(t.Context(), dir); !errors.Is(err, ErrInput) {
		t.Errorf("an empty folder: %v", err)
	}
	loose := filepath.Join(dir, "toy")
	if err := errors.Join(os.Mkdir(loose, 0o700), os.WriteFile(filepath.Join(loose, "net.onnx"), []byte("net"), 0o600), os.WriteFile(filepath.Join(loose, "tokens.txt"), []byte("a 0"), 0o600),
		os.WriteFile(filepath.Join(dir, "one.onnx"), []byte("one"), 0o600), s.Accept("MIT")); err != nil {
		t.Fatal(err)
	}
	ids, err := s.Import(t.Context(), dir)
	if !slices.Equal(ids, []string{"one"}) || err == nil || !strings.Contains(err.Error(), "Toy-1.0") {
		t.Errorf("%v %v", ids, err)
	}
	if err := s.Accept("Toy-1.0"); err != nil {
		t.Fatal(err)
	}
	if ids, err = s.Import(t.Context(), dir); err != nil || !slices.Equal(ids, []string{"toy", "one"}) {
		t.Errorf("%v %v", ids, err)
	}
	if m, err := s.Ready("toy", UseWords); err != nil || s.Part(m, "net") != filepath.Join(s.Dir, "toy", "net.onnx") || s.Part(m, "bpe") != "" || s.Verify("toy") != nil {
		t.Error(err, s.Verify("toy"))
	}
	if _, err := s.Ready("one", UseWords); !errors.Is(err, ErrInput) {
		t.Errorf("a model of another use: %v", err)
	}
	if err := os.WriteFile(filepath.Join(loose, "net.onnx"), []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("changed: %v", err)
	}
}

// A record that a power cut left empty can be got rid of.
func TestADamagedRecordIsNoDeadEnd(t *testing.T) {
	s, file := store(t), filepath.Join(t.TempDir(), "one.onnx")
	if err := errors.Join(s.Accept("MIT"), os.WriteFile(file, []byte("one"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"..", "../models/one", "no-such"} {
		if err := s.Remove(id); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if err := s.Pull(t.Context(), "one", file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.Path("one"), recordFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify("one"); err == nil || !strings.Contains(err.Error(), "remove one and install it again") {
		t.Errorf("what to do is not said: %v", err)
	}
	if err := s.Remove("one"); err != nil {
		t.Error(err)
	}
	if err := s.Pull(t.Context(), "one", file); err != nil || s.Verify("one") != nil {
		t.Error(err)
	}
}

func TestSources(t *testing.T) {
	for raw, ok := range map[string]bool{"https://example.test/x": true, "http://127.0.0.1:8/x": true, "http://10.0.0.5/": true, "http://localhost/": true,
		"http://example.test/": false, "ftp://x/": false, "https://user:secret@x/": false, "https://": false} {
		if err := checkURL(raw); (err == nil) != ok || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

// Sources that lie: more than the manifest says, another part, an error, a redirection into plain HTTP.
func TestSourcesThatLie(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"offers too much": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "9000000000")
			w.WriteHeader(200)
		}, "larger than the manifest"},
		"not there": {func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, "404"},
		"leads to http": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://example.test/x", http.StatusFound)
		}, "https"},
		"needs a log-in": {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(401) }, "401"},
		"sends never enough": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "500")
			w.Write([]byte("x"))
		}, ""},
	} {
		srv := httptest.NewServer(c.answer)
		s := store(t)
		if err := s.Accept("MIT"); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "part")
		d := &download{url: srv.URL + "/x", path: path, most: 1 << 20, pause: time.Millisecond, client: newClient(srv.URL)}
		if err := d.run(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got %v", name, c.want, err)
		}
		srv.Close()
	}
}

// A source of the internet is not followed into the own network, and nothing of an address but its host is told.
func TestASourceLeadsNowhereInside(t *testing.T) {
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a server of the own network was asked") }))
	defer inside.Close()
	c := newClient("https://models.example.test/")
	defer c.CloseIdleConnections()
	first, err := http.NewRequest(http.MethodGet, "https://models.example.test/x", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	next, err := http.NewRequest(http.MethodGet, inside.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if c.CheckRedirect(next, []*http.Request{first}) == nil {
		t.Error("https leads to http")
	}
	if r, err := c.Transport.RoundTrip(next); !errors.Is(err, ErrInput) {
		t.Errorf("a server inside was reached: %v", err)
		r.Body.Close()
	}
	d := &download{url: "http://127.0.0.1:1/x?key=secret", path: filepath.Join(t.TempDir(), "part"), most: 1 << 20, pause: time.Microsecond, client: newClient("http://127.0.0.1:1/")}
	if err := d.run(t.Context()); err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("the address: %v", err)
	}
	led := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://localhost"+r.Host[strings.LastIndex(r.Host, ":"):]+"/there", http.StatusFound)
	}))
	defer led.Close()
	d = &download{url: led.URL, path: filepath.Join(t.TempDir(), "part"), most: 1 << 20, pause: time.Microsecond, client: newClient(led.URL)}
	if err := d.run(t.Context()); err == nil || !strings.Contains(err.Error(), "too many redirections") {
		t.Errorf("a source of the own network may lead to another one: %v", err)
	}
}

func TestARuntimeIsInstalledFromAFile(t *testing.T) {
	tgz := "../../.cache/sherpa/" + RuntimeAsset
	if _, err := os.Stat(tgz); err != nil {
		t.Skip("the package of the library is not in .cache/sherpa: .ci/runtime puts it there (npm is needed)")
	}
	s := store(t)
	if err := s.InstallRuntime(t.Context(), ""); !errors.Is(err, ErrInput) {
		t.Errorf("from nowhere: %v", err)
	}
	if err := s.InstallRuntime(t.Context(), filepath.Dir(tgz)); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(runtimeID); err != nil || !has(s.RuntimePath(), "libsherpa-onnx-c-api.so") {
		t.Error(err)
	}
	b, err := os.ReadFile(tgz)
	if sum := sha256.Sum256(b); err != nil || hex.EncodeToString(sum[:]) != runtimeSHA256 {
		t.Error("another package")
	}
}
