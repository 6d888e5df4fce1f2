package web

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestConsole(t *testing.T) {
	files := fstest.MapFS{"index.html": {Data: []byte("the console")}, "assets/app-1.js": {Data: []byte("code")}}
	for _, c := range []struct {
		path, want, cache string
		status            int
	}{
		{"/", "the console", "no-cache", 200},
		{"/calls/019ab000", "the console", "no-cache", 200},
		{"/assets/app-1.js", "code", "immutable", 200},
		{"/assets/app-2.js", "error.not_found", "", 404},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = c.path
		console(files).ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) || !strings.Contains(w.Header().Get("Cache-Control"), c.cache) {
			t.Errorf("%s: %d %q %q", c.path, w.Code, w.Header().Get("Cache-Control"), w.Body)
		}
	}
}

// A program without its console says so in both languages and how to get it.
func TestNoConsole(t *testing.T) {
	w := httptest.NewRecorder()
	console(nil).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	for _, part := range []string{"管理画面が組み込まれていません", "The console is missing", "make console"} {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("%q is not on the page", part)
		}
	}
	w = httptest.NewRecorder()
	reading(console(nil)).ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
	if w.Code != 405 {
		t.Errorf("POST /: %d", w.Code)
	}
}
