package origin

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSamples(t *testing.T) {
	tests := []struct {
		keys []string
		want []Sample
	}{
		{nil, []Sample{{"routecors-a://any", false}}},
		{[]string{"null", "https://a.example"}, []Sample{
			{"null", true}, {"https://a.example", true}, {"https://a.example:9", false}, {"routecors-a://any", false},
		}},
		// No key names x.b.example with port 8443, but two that decide differently meet there.
		{[]string{"https://*.b.example:*", "https://*.example:8443"}, []Sample{
			{"https://a.b.example", false}, {"https://a.b.example:8443", false}, {"https://a.b.example:9", false},
			{"https://a.example", false}, {"https://a.example:8443", false}, {"https://a.example:9", false},
			{"routecors-a://any", false},
		}},
		{[]string{"https://*.example", "https://a.example", "routecors-a://x"}, []Sample{
			{"https://b.example", false}, {"https://b.example:9", false},
			{"https://a.example", true}, {"https://a.example:9", false},
			{"routecors-a://x", true}, {"routecors-a://x:9", false},
			{"routecors-b://any", false},
		}},
		{[]string{"http://h:8*", "http://h:80*", "http://h:9*", "http://h:89"}, []Sample{
			{"http://h", true}, {"http://h:89", true},
			{"http://h:7", false}, {"http://h:8", false}, {"http://h:809", false}, {"http://h:9", false},
			{"routecors-a://any", false},
		}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Samples(parseAll(t, tt.keys))); diff != "" {
			t.Errorf("%q (-want +got)\n%s", tt.keys, diff)
		}
	}
}

func parseAll(t *testing.T, keys []string) (patterns []Pattern) {
	t.Helper()
	for _, key := range keys {
		p, err := ParsePattern(key)
		if err != nil {
			t.Fatalf("%q: %v", key, err)
		}
		patterns = append(patterns, p)
	}
	return patterns
}

// Whatever the origin, some sample is matched by the same patterns.
func TestSamplesStandForAll(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(list []string) string { return list[rng.IntN(len(list))] }
	schemes := []string{"https://", "http://", "app://"}
	hosts := []string{"a.example", "b.a.example", "a.b.a.example", "example", "a", "b.example", "c.b.example"}
	ends := []string{"", ":1", ":8", ":80", ":81", ":8443", ":8444", ":843", ":65535", ":9"}
	for range 3000 {
		var keys []string
		for range 1 + rng.IntN(6) {
			key := pick(schemes) + pick([]string{"", "", "*."}) + pick(hosts) + pick([]string{"", ":*", ":8*", ":84*", ":844*", ":8443", ":9"})
			if _, err := ParsePattern(key); err == nil && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
		patterns := parseAll(t, keys)
		matching := func(o string) (list []string) {
			for _, p := range patterns {
				if p.Match(o) {
					list = append(list, p.String())
				}
			}
			return list
		}
		classes := map[string][]string{}
		for _, s := range Samples(patterns) {
			classes[s.Origin] = matching(s.Origin)
		}
		for range 20 {
			o := pick(schemes) + pick(hosts) + pick(ends)
			if !Valid(o) {
				continue
			}
			want, found := matching(o), false
			for _, got := range classes {
				found = found || slices.Equal(want, got)
			}
			if !found {
				t.Fatalf("%q: no sample is matched by %q, as %s is; have %v", keys, want, o, classes)
			}
		}
	}
}
