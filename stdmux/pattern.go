package stdmux

import (
	"net/http"
	"net/url"
	"strings"
)

// Patterns are [METHOD ][HOST]/[PATH]; see https://pkg.go.dev/net/http#hdr-Patterns-ServeMux.
// Nothing here matches a request: that is the mux's alone to do.

// cutMethod splits the method from the rest as ServeMux does.
func cutMethod(pattern string) (method, path string) {
	if i := strings.IndexAny(pattern, " \t"); i >= 0 {
		return pattern[:i], strings.TrimLeft(pattern[i+1:], " \t")
	}
	return "", pattern
}

// cutHost splits the host from the path.
func cutHost(pattern string) (host, path string) {
	if i := strings.IndexByte(pattern, '/'); i > 0 {
		return pattern[:i], pattern[i:]
	}
	return "", pattern
}

// key returns the same string for two patterns without a method exactly if they
// match the same requests: the names of wildcards do not count, "/s/{rest...}" is
// "/s/", and literals may be spelled with escapes or without.
func key(pattern string) string {
	if isPlain(pattern) {
		return pattern
	}
	host, path := cutHost(pattern)
	segments := strings.Split(path, "/")
	for i, s := range segments {
		switch {
		case s == "{$}":
		case strings.HasSuffix(s, "...}"):
			segments[i] = ""
		case strings.HasPrefix(s, "{"):
			segments[i] = "{}"
		case !isPlain(s):
			if u, err := url.PathUnescape(s); err == nil {
				segments[i] = url.PathEscape(u)
			}
		}
	}
	return host + strings.Join(segments, "/")
}

// isPlain reports whether url.PathEscape leaves the segments of s as they are.
func isPlain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '/', c == '-', c == '_', c == '.', c == '~':
		default:
			return false
		}
	}
	return true
}

// cutSlash returns the pattern whose path ServeMux redirects to pattern, because
// it lacks the slash at the end.
func cutSlash(pattern string) (string, bool) {
	i := strings.LastIndexByte(pattern, '/')
	if last := pattern[i+1:]; last != "" && last != "{$}" && !strings.HasSuffix(last, "...}") {
		return "", false
	}
	pattern = pattern[:i]
	return pattern, strings.Contains(pattern, "/")
}

// samples returns escaped paths that pattern matches, with segments that hardly another
// pattern names. The mux decides whether it does.
func samples(pattern string) []string {
	const any = "~routecors~"
	_, path := cutHost(pattern)
	if isPlain(path) && path[len(path)-1] != '/' {
		return []string{path}
	}
	segments := strings.Split(path, "/")
	last := len(segments) - 1
	for i, s := range segments {
		switch {
		case s == "{$}", strings.HasSuffix(s, "...}"):
			segments[i] = ""
		case strings.HasPrefix(s, "{"):
			segments[i] = any
		case !isPlain(s):
			if u, err := url.PathUnescape(s); err == nil {
				segments[i] = url.PathEscape(u)
			}
		}
	}
	paths := []string{strings.Join(segments, "/")}
	if segments[last] == "" && !strings.HasSuffix(path, "{$}") {
		for range 8 {
			segments[len(segments)-1] = any
			paths = append(paths, strings.Join(segments, "/"))
			segments = append(segments, "")
			paths = append(paths, strings.Join(segments, "/"))
		}
	}
	return paths
}

// sample returns a request to host for an escaped path.
func sample(host, path string) *http.Request {
	u := &url.URL{Path: path}
	if !isPlain(path) {
		if parsed, err := url.Parse(path); err == nil {
			u = parsed
		}
	}
	return &http.Request{Host: host, URL: u}
}
