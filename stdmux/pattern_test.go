package stdmux

import (
	"net/http"
	"testing"
)

// TestKey compares key with what the mux itself takes for the same pattern.
func TestKey(t *testing.T) {
	tests := []struct {
		a, b string
		same bool
	}{
		{"/", "/", true},
		{"/b/{id}", "/b/{name}", true},
		{"/s/", "/s/{rest...}", true},
		{"/s/{x}/", "/s/{y}/{rest...}", true},
		{"/a%62", "/ab", true},
		{"/é", "/%C3%A9", true},
		{"/a,b", "/a%2Cb", true},
		{"/{x}/a@b", "/{y}/a%40b", true},
		{"h.example/x", "h.example/x", true},
		{"/a/{$}", "/a/", false},
		{"/a/{$}", "/a", false},
		{"/a%2Fb", "/a/b", false},
		{"/a/{x}", "/a/x", false},
		{"/x", "h.example/x", false},
		{"/x", "/x/", false},
		{"/A", "/a", false},
	}
	for _, tt := range tests {
		if got := key(tt.a) == key(tt.b); got != tt.same {
			t.Errorf("key(%q) = %q, key(%q) = %q: same %v, want %v", tt.a, key(tt.a), tt.b, key(tt.b), got, tt.same)
		}
		mux := http.NewServeMux()
		if err := try(mux, "PUT "+tt.a, http.NotFoundHandler()); err != nil {
			t.Fatal(err)
		}
		if taken := try(mux, "PUT "+tt.b, http.NotFoundHandler()) != nil; taken != tt.same {
			t.Errorf("the mux takes %q and %q for the same: %v, want %v", tt.a, tt.b, taken, tt.same)
		}
	}
}

func TestCutSlash(t *testing.T) {
	tests := []struct {
		pattern, want string
		ok            bool
	}{
		{"/tree/", "/tree", true},
		{"/tree/{$}", "/tree", true},
		{"/tree/{rest...}", "/tree", true},
		{"/{x}/", "/{x}", true},
		{"h.example/tree/", "h.example/tree", true},
		{"/", "", false},
		{"/{$}", "", false},
		{"/{rest...}", "", false},
		{"h.example/", "", false},
		{"/tree", "", false},
		{"/{x}", "", false},
	}
	for _, tt := range tests {
		got, ok := cutSlash(tt.pattern)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("cutSlash(%q) = %q, %v; want %q, %v", tt.pattern, got, ok, tt.want, tt.ok)
		}
		if !ok {
			continue
		}
		mux := http.NewServeMux()
		mux.Handle("PUT "+tt.pattern, http.NotFoundHandler())
		host, path := cutHost(got)
		for _, p := range samples(path)[:1] {
			if _, theirs := mux.Handler(&http.Request{Method: "PUT", Host: host, URL: sample(host, p).URL}); theirs == "" {
				t.Errorf("the mux does not redirect %s to %q", p, tt.pattern)
			}
		}
	}
}

// TestSamples: the mux runs the pattern for at least one of its samples.
func TestSamples(t *testing.T) {
	for _, pattern := range []string{
		"/", "/{$}", "/{rest...}", "/x", "/x/", "/x/{$}", "/{a}/x/{b}", "/a%2Fb/{x}", "/é%2F", "h.example/", "h.example/{x}/{rest...}", "/a:b@c,d",
	} {
		mux := http.NewServeMux()
		mux.Handle(pattern, http.NotFoundHandler())
		host, _ := cutHost(pattern)
		found := false
		for _, path := range samples(pattern) {
			_, got := mux.Handler(sample(host, path))
			found = found || got == pattern
		}
		if !found {
			t.Errorf("no sample of %q reaches it: %q", pattern, samples(pattern))
		}
	}
}
