package arrows

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

type source struct {
	path string // from the repository's root
	file *ast.File
}

// sources parses every Go file in-process, so that Go's test cache sees each change.
func sources(t *testing.T, mode parser.Mode) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && rel != "." || d.Name() == "node_modules" || d.Name() == "testdata" || rel == "tools" || rel == "var" || rel == "train") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, mode)
		if err != nil {
			return err
		}
		out = append(out, source{filepath.ToSlash(rel), f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("only %d Go files found below %s", len(out), root)
	}
	return out
}

func allows(pkg, imported string) bool {
	list, known := Allowed()[pkg]
	if !known && strings.HasPrefix(pkg, "proof/") {
		list = Allowed()["proof"]
	}
	return slices.ContainsFunc(list, func(a string) bool {
		base, all := strings.CutSuffix(a, "…")
		return a == imported || all && (strings.HasPrefix(imported, base) || imported+"/" == base)
	})
}

func TestArrows(t *testing.T) {
	for _, s := range sources(t, parser.ImportsOnly) {
		pkg, inside := strings.CutPrefix(filepath.ToSlash(filepath.Dir(s.path)), "internal/")
		if !inside {
			continue
		}
		if _, known := Allowed()[pkg]; !known && !strings.HasPrefix(pkg, "proof/") {
			t.Errorf("%s: package %s is not in the table of internal/arrows", s.path, pkg)
			continue
		}
		for _, imp := range s.file.Imports {
			name := strings.Trim(imp.Path.Value, `"`)
			if name == "C" {
				t.Errorf("%s: no cgo anywhere", s.path)
			}
			ours, ok := strings.CutPrefix(name, "commusafe/internal/")
			external := strings.HasSuffix(s.path, "_test.go")
			if ok && ours != pkg && !allows(pkg, ours) && !(external && allowsTest(pkg, ours)) {
				t.Errorf("%s: %s may not import %s", s.path, pkg, ours)
			}
		}
	}
}

// allowsTest lets tests use the test kits and the phone; product code may not.
func allowsTest(pkg, imported string) bool {
	return imported == "proof/phone" || imported == "replay" || imported == "proof/recorded" || imported == "office/store" && strings.HasPrefix(pkg, "office/") || strings.HasSuffix(imported, "test") || allows("edge", imported) && strings.HasPrefix(pkg, "edge/telephony")
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said := map[string]bool{}
	for _, s := range sources(t, parser.ParseComments|parser.PackageClauseOnly) {
		dir := filepath.Dir(s.path)
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		if _, ok := said[dir]; !ok {
			said[dir] = false
		}
		if s.file.Doc != nil {
			text := s.file.Doc.Text()
			said[dir] = said[dir] || strings.HasPrefix(text, "Package ") || strings.HasPrefix(text, "Command ")
		}
	}
	for dir, ok := range said {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)

// Links of the documents lead to files that are there.
func TestDocumentLinks(t *testing.T) {
	docs, _ := filepath.Glob(root + "/*.md")
	more, _ := filepath.Glob(root + "/docs/*.md")
	decisions, _ := filepath.Glob(root + "/docs/decisions/*.md")
	for _, doc := range slices.Concat(docs, more, decisions) {
		b, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(b), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(doc), m[1])); err != nil {
				t.Errorf("%s: link %s leads nowhere", doc, m[1])
			}
		}
	}
}

// No machine's path, no package host's name stands in the repository.
func TestNothingOfOneMachine(t *testing.T) {
	bad := regexp.MustCompile(`/(work|root|farm)/|registry\.npm` + `js|proxy\.golang\.` + `org|deb\.debian\.` + `org`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "node_modules", "var", "bin", "work", "dist", ".cache"}, d.Name()) {
			return filepath.SkipDir
		}
		if d.IsDir() || !slices.Contains([]string{".go", ".md", ".yaml", ".yml", ".sh", ".py", ".json", ".tsx", ".ts", ".sql", ".mod", ""}, filepath.Ext(path)) || strings.HasSuffix(path, "arrows_test.go") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if m := bad.Find(b); m != nil {
			t.Errorf("%s has %q in it", path, m)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
