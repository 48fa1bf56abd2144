package chicors

import (
	"slices"
	"testing"
)

func TestBlank(t *testing.T) {
	tests := []struct {
		pattern, want string
		params        int
	}{
		{"/", "/", 0},
		{"/x/*", "/x/*", 1},
		{"/{id}", "/{}", 1},
		{"/{id}/y/{name}.json", "/{}/y/{}.json", 2},
		{"/{p}-{q}/*", "/{}-{}/*", 3},
		{"/{id:[0-9]+}", "/{:[0-9]+}", 1},
		{"/{id:[0-9]{2,3}}/x", "/{:[0-9]{2,3}}/x", 1},
		{"/{id:a*}/{b}", "/{:a*}/{}", 2},
		{"/{id:^[0-9]+$}", "/{:[0-9]+}", 1},
	}
	for _, tt := range tests {
		if got := blank(tt.pattern); got != tt.want {
			t.Errorf("blank(%q) = %q, want %q", tt.pattern, got, tt.want)
		}
		if got := params(tt.pattern); got != tt.params {
			t.Errorf("params(%q) = %d, want %d", tt.pattern, got, tt.params)
		}
	}
}

func TestCutPattern(t *testing.T) {
	tests := []struct {
		pattern, path string
		values        []string
		rest          string
		left          []string
		ok            bool
	}{
		{"/api/*", "/api/x/y", []string{"", "z"}, "/x/y", []string{"z"}, true},
		{"/api/*", "/api/", []string{""}, "/", []string{}, true},
		{"/api", "/api", nil, "/", nil, true},
		{"/api/", "/api/", nil, "/", nil, true},
		{"/{t}/*", "/acme/x", []string{"acme", ""}, "/x", []string{}, true},
		{"/{id:[0-9]{2}}/*", "/12/x", []string{"12", ""}, "/x", []string{}, true},
		{"/{p}-{q}/*", "/a-b/x", []string{"a", "b", ""}, "/x", []string{}, true},
		{"/{t}/*", "/other/x", []string{"acme", ""}, "", nil, false},
		{"/{t}/*", "/acme", []string{"acme", ""}, "", nil, false},
		{"/api/*", "/ap/x", []string{""}, "", nil, false},
		{"/api/*", "/api/x", nil, "", nil, false},
		{"/api", "/api/x", nil, "", nil, false},
	}
	for _, tt := range tests {
		rest, left, ok := cutPattern(tt.pattern, tt.path, tt.values)
		if ok != tt.ok || ok && (rest != tt.rest || !slices.Equal(left, tt.left)) {
			t.Errorf("cutPattern(%q, %q, %q) = %q, %q, %v; want %q, %q, %v", tt.pattern, tt.path, tt.values, rest, left, ok, tt.rest, tt.left, tt.ok)
		}
	}
}

func TestExample(t *testing.T) {
	tests := []struct {
		blanked, want string
		ok            bool
	}{
		{"/x/{}/*", "/x/{}/*", true},
		{"/{:[0-9]+}", "/0", true},
		{"/{:[0-9]{2}}/x/{}", "/00/x/{}", true},
		{"/{:(?:new|old)}.json", "/new.json", true},
		{"/{:.+}-{:[a-z]}", "/a-a", true},
		{"/{:^a$}", "/a", true},
		{"/{:}", "", false}, // matches the empty text
		{"/{:a*}", "/a", true},
		{"/{:", "", false},
		{"/{:\\ba\\b}", "/a", true},
		{"/{:a/b}", "", false},
		{"/{:a-b}-{}", "", false}, // chi ends the parameter at the first "-"
		{"/{:[}", "", false},
	}
	for _, tt := range tests {
		if got, ok := example(tt.blanked); got != tt.want || ok != tt.ok {
			t.Errorf("example(%q) = %q, %v; want %q, %v", tt.blanked, got, ok, tt.want, tt.ok)
		}
	}
}
