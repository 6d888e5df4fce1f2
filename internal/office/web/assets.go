package web

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed all:dist
var distFiles embed.FS

// assets gives the console's files, or nil when this program was built without them.
func assets() fs.FS {
	dist, err := fs.Sub(distFiles, "dist")
	if err != nil {
		return nil
	}
	if _, err := fs.Stat(dist, "index.html"); err != nil {
		return nil
	}
	return dist
}

const noConsole = `<!doctype html><html lang="ja"><meta charset="utf-8"><title>commusafe</title>
<h1>管理画面が組み込まれていません</h1>
<p>このプログラムは、管理画面なしで作られています。<code>make console</code> を実行してから、プログラムを作り直してください。API(<code>/api/v1</code>)は動いています。</p>
<hr><div lang="en"><h1>The console is missing</h1>
<p>This program was built without its console. Run <code>make console</code>, then build the program again. The API (<code>/api/v1</code>) works.</p></div>
</html>
`

// console serves the files of the console; any other path that looks like a page is the console's own.
func console(files fs.FS) http.Handler {
	if files == nil {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				writeProblem(w, problem(http.StatusNotFound, "error.not_found", ""))
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(noConsole)) // nobody is there to read it
		})
	}
	serve := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if st, err := fs.Stat(files, name); name != "" && err == nil && !st.IsDir() {
			if strings.HasPrefix(name, "assets/") { // named by their content
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			}
			serve.ServeHTTP(w, r)
			return
		}
		if strings.Contains(path.Base(name), ".") && name != "" {
			writeProblem(w, problem(http.StatusNotFound, "error.not_found", ""))
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, files, "index.html")
	})
}

// reading refuses what is not a question.
func reading(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			writeProblem(w, problem(http.StatusMethodNotAllowed, "error.not_found", ""))
			return
		}
		next.ServeHTTP(w, r)
	})
}
