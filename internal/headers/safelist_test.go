package headers

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestUnsafeNames(t *testing.T) {
	tests := []struct {
		lines map[string]string
		want  string
	}{
		{map[string]string{}, ""},
		{map[string]string{"Accept": "text/html,*/*;q=0.8", "Accept-Language": "de-CH,en;q=0.9", "Content-Language": "en"}, ""},
		{map[string]string{"Accept": "a(b)", "Accept-Language": "a_b"}, "accept,accept-language"},
		{map[string]string{"Content-Type": "Text/Plain ; charset=utf-8"}, ""},
		{map[string]string{"Content-Type": "application/json"}, "content-type"},
		{map[string]string{"Content-Type": `text/plain; charset="utf-8"`}, "content-type"},
		{map[string]string{"Range": "bytes=0-10"}, ""},
		{map[string]string{"Range": "bytes=10-"}, ""},
		{map[string]string{"Range": "bytes=-10"}, "range"},
		{map[string]string{"Range": "bytes=10-1"}, "range"},
		{map[string]string{"Range": "bytes=0-1,3-4"}, "range"},
		{map[string]string{"X-B": "", "X-A": ""}, "x-a,x-b"},
		{map[string]string{"Accept": strings.Repeat("a", 128)}, ""},
		{map[string]string{"Accept": strings.Repeat("a", 129)}, "accept"},
	}
	for _, tt := range tests {
		if got := strings.Join(UnsafeNames(maps.All(tt.lines)), ","); got != tt.want {
			t.Errorf("UnsafeNames(%v) = %q, want %q", tt.lines, got, tt.want)
		}
	}
	long := func(yield func(name, value string) bool) {
		for range 9 { // 1152 bytes, each line of which is safelisted
			if !yield("Accept", strings.Repeat("a", 128)) {
				return
			}
		}
	}
	if got := UnsafeNames(long); !slices.Equal(got, []string{"accept"}) {
		t.Errorf("UnsafeNames of more than 1024 bytes = %q, want accept", got)
	}
}

func TestIsSetOnTheWay(t *testing.T) {
	tests := []struct {
		lower string
		want  bool
	}{
		{"user-agent", true},
		{"cache-control", true},
		{"cookie", true},
		{"sec-ch-ua", true},
		{"x-forwarded-for", true},
		{"accept", false}, // safelisted, or not, by its value
		{"authorization", false},
		{"content-type", false},
		{"x-requested-with", false},
	}
	for _, tt := range tests {
		if got := IsSetOnTheWay(tt.lower); got != tt.want {
			t.Errorf("IsSetOnTheWay(%q) = %v, want %v", tt.lower, got, tt.want)
		}
	}
}
