package origin

import "testing"

func TestPunycode(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"bücher.example", "xn--bcher-kva.example"},
		{"*.bücher.example", "*.xn--bcher-kva.example"},
		{"faß.example", "xn--fa-hia.example"}, // IDNA 2008, as browsers: not fass
		{"пример.example", "xn--e1afmkfd.example"},
		{"日本語.example", "xn--wgv71a119e.example"},
		{"한국.example", "xn--3e0b707e.example"},
		{"a_b.bücher.example", "a_b.xn--bcher-kva.example"},
		{"ﬁ.example", "ﬁ.example"},             // a ligature, which IDNA maps to fi
		{"e\u0301.example", "e\u0301.example"}, // decomposed, which IDNA composes
		{"a。example", "a。example"},             // a full stop, which IDNA maps to a dot
	} {
		if got := punycode(tt.in); got != tt.want {
			t.Errorf("punycode(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
