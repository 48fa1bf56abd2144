package origin

import (
	"strings"
	"testing"
)

func TestMatchesEveryHost(t *testing.T) {
	for _, tt := range []struct {
		key  string
		want bool
	}{
		{"https://a.example", false},
		{"null", false},
		{"https://*.com", false}, // has its own name: a public suffix
		{"http://localhost:*", false},

		{"regexp:.*", true},
		{"regexp:.+", true},
		{"regexp:https?://.*", true},
		{"regexp:https://.*", true},
		{"regexp:^https://.*$", true},
		{"regexp:(?i)https://.*", true},
		{"regexp:https://[^/]+", true},
		{"regexp:https://[a-z]+", true}, // names of one label
		{"regexp:https://[a-z]{5,10}\\.com", true},
		{"regexp:https://[a-z]{3}\\.[a-z]{3}\\.[a-z]{2}", true},
		{"regexp:https://.{20}", true},
		{"regexp:https://.*:[0-9]+", true},
		{"regexp:https://.*:[0-9]{5}", true},
		{"regexp:[a-z]+://.+", true},
		{"regexp:https://([a-z]+\\.)+[a-z]+", true},
		{"regexp:https://[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+", true},
		{"regexp:chrome-extension://[a-p]{32}", true},
		{"regexp:moz-extension://.*", true},

		// The advisories: no boundary before, none behind, a dot that is any byte, a suffix that is no domain.
		{"regexp:https://.*example\\.com", true},
		{"regexp:https://[a-z-]*banterbus\\.netlify\\.app", false}, // one suffix of the private section: PublicSuffix's business
		{"regexp:https://example\\.com.*", true},
		{"regexp:https://example\\..*", true},
		{"regexp:https://www.example\\.com", true},
		{"regexp:https://example.com", true},
		{"regexp:http://localhost.*", true},
		{"regexp:http://localhost:8000.*", false}, // what follows can only be digits
		{"regexp:https://(.*\\.)?example\\.com(.*)", true},
		{"regexp:.*\\.co\\.uk", true},
		{"regexp:.*example\\.com", true},

		{"regexp:https://.*\\.example\\.com", false},
		{"regexp:.*\\.example\\.com", false},
		{"regexp:https://(.*\\.)?example\\.com(:[0-9]+)?", false},
		{"regexp:https://pr-[0-9]+\\.example\\.com", false},
		{"regexp:https://my-app-[a-z0-9]+-team\\.vercel\\.app", false},
		{"regexp:https://[^.]+\\.s3\\.amazonaws\\.com", false},
		{"regexp:https://(shop\\.example\\.com|example\\.org)", false},
		{"regexp:https://(www\\.)?example\\.(com|org|net)", false},
		{"regexp:https://shop[12]\\.com", false}, // as good as written out
		{"regexp:https://shop[0-9]\\.com", true},
		{"regexp:http://localhost:[0-9]+", false},
		{"regexp:http://(.+\\.)?localhost(:[0-9]+)?", false},
		{"regexp:http://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:[0-9]+)?", false},
		{"regexp:http://127\\.0\\.0\\.[0-9]+:[0-9]+", false},
		{"regexp:http://192\\.168\\.[0-9]+\\.[0-9]+(:[0-9]+)?", false},
		{"regexp:https://.*\\.internal", false}, // nobody can register one
		{"regexp:https://.*\\.home\\.arpa", false},
		{"regexp:tauri://localhost", false},
		{"regexp:null", false},
		{"regexp:()*", false},
		{"regexp:((a*)*)*", false}, // no origin
		{"regexp:(((((a?){9}){9}){9}))", false},
	} {
		if got := mustParse(t, tt.key).MatchesEveryHost(); got != tt.want {
			t.Errorf("%q.MatchesEveryHost() = %v", tt.key, got)
		}
	}
}

func TestInsecure(t *testing.T) {
	for _, tt := range []struct {
		key  string
		want bool
	}{
		{"https://a.example", false},
		{"wss://a.example", false},
		{"http://a.example", true},
		{"http://a.example:8080", true},
		{"http://a.example.", true},
		{"ws://a.example", true},
		{"ftp://a.example", true},
		{"http://*.a.example", true},
		{"http://a.example:*", true},
		{"http://192.168.0.1", true},
		{"http://10.0.0.1:*", true},
		{"http://[2001:db8::1]", true},
		{"http://[::]", true},
		{"http://0.0.0.0", true},
		{"http://128.0.0.1", true},
		{"http://notlocalhost", true},
		{"http://localhost.example", true},
		{"http://127.0.0.1.example", true},
		{"http://localhost", false},
		{"http://localhost.", false},
		{"http://localhost:3000", false},
		{"http://localhost:*", false},
		{"http://tauri.localhost", false},
		{"http://*.localhost:*", false},
		{"http://*.a.localhost", false},
		{"http://127.0.0.1", false},
		{"http://127.255.0.1:80*", false},
		{"http://[::1]:3000", false},
		{"http://[::ffff:7f00:1]", false},
		{"chrome-extension://abc", false},
		{"capacitor://localhost", false},
		{"app://a.example", false},
		{"null", false},
		{"file://", false},

		{"regexp:https://.*", false},
		{"regexp:https?://.*", true},
		{"regexp:.*", true},
		{"regexp:.*://a\\.example", true},
		{"regexp:.*a\\.example", true},
		{"regexp:[a-z]+://a\\.example", true},
		{"regexp:http://.*\\.a\\.example(:[0-9]+)?", true},
		{"regexp:(http|https)://a\\.example", true},
		{"regexp:https://a\\.example|http://b\\.example", true},
		{"regexp:http://192\\.168\\.[0-9]+\\.[0-9]+", true},
		{"regexp:http://localhost:[0-9]{4}", false},
		{"regexp:http://localhost.*", true},
		{"regexp:http://(localhost|127\\.0\\.0\\.1):[0-9]+", false},
		{"regexp:(https://a\\.example|http://localhost:[0-9]+)", false},
		{"regexp:http://a\\.example/", false}, // no origin
	} {
		if got := mustParse(t, tt.key).Insecure(); got != tt.want {
			t.Errorf("%q.Insecure() = %v", tt.key, got)
		}
	}
}

func TestPublicSuffix(t *testing.T) {
	for _, tt := range []struct{ key, want string }{
		{"https://*.com", "com"},
		{"https://*.com.", "com"},
		{"https://*.co.uk", "co.uk"},
		{"https://*.co.uk:*", "co.uk"},
		{"https://*.github.io", "github.io"},
		{"https://*.vercel.app", "vercel.app"},
		{"https://*.s3.amazonaws.com", "s3.amazonaws.com"},
		{"https://*.ck", "ck"}, // by the rule *.ck
		{"https://*.kawasaki.jp", "kawasaki.jp"},
		{"https://*.xn--p1ai", "xn--p1ai"},
		{"https://*.notatld", "notatld"},
		{"https://*.example.com", ""},
		{"https://*.example.co.uk", ""},
		{"https://*.a.github.io", ""},
		{"https://*.city.kawasaki.jp", ""}, // by the exception !city.kawasaki.jp
		{"http://*.localhost:*", ""},
		{"https://*.test", ""},
		{"https://*.example", ""},
		{"https://*.local", ""},
		{"https://*.internal", ""},
		{"https://*.lan", ""},
		{"https://*.home.arpa", ""},
		{"https://*.notlocal", "notlocal"},
		{"https://*.arpa", "arpa"},
		{"https://com", ""}, // no wildcard
		{"https://co.uk:*", ""},
		{"regexp:https://[a-z]+\\.com", ""},
		{"null", ""},
	} {
		if got, ok := mustParse(t, tt.key).PublicSuffix(); ok != (tt.want != "") || ok && got != tt.want {
			t.Errorf("%q.PublicSuffix() = %q, %v; want %q", tt.key, got, ok, tt.want)
		}
	}
}

// A danger that is reported is real: the texts that are tried out are well-formed and match.
func TestSamplesRepeat(t *testing.T) {
	p := mustParse(t, "regexp:https://[a-z]+(-[0-9]+)?\\.(a|b)\\.example")
	var first, second strings.Builder
	for _, b := range []*strings.Builder{&first, &second} {
		for x, y := range p.samples {
			b.WriteString(x + " " + y + "\n")
		}
	}
	if first.String() != second.String() {
		t.Error("the samples of one regexp differ from run to run")
	}
}

func BenchmarkMatchesEveryHost(b *testing.B) {
	for _, key := range []string{"regexp:https://.*", "regexp:https://my-app-[a-z0-9]+-team\\.vercel\\.app", "regexp:((((a{9}){9}){9}))*"} {
		b.Run(key, func(b *testing.B) {
			p := mustParse(b, key)
			for b.Loop() {
				p.MatchesEveryHost()
			}
		})
	}
}
