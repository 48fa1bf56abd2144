package origin

import (
	"net/netip"
	"testing"
)

func TestIPv4(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"127.0.0.1", "127.0.0.1"},
		{"127.1", "127.0.0.1"},
		{"127.0.1", "127.0.0.1"},
		{"2130706433", "127.0.0.1"},
		{"0x7f000001", "127.0.0.1"},
		{"0x7f.1", "127.0.0.1"},
		{"0177.0.0.01", "127.0.0.1"},
		{"0x.0x.0", "0.0.0.0"},
		{"1.2.65535", "1.2.255.255"},
		{"4294967295", "255.255.255.255"},
		{"4294967296", ""}, // out of range
		{"1.2.3.256", ""},
		{"256.1", ""},
		{"08", ""}, // no octal digit
		{"1.2.3.4.5", ""},
		{"1..2", ""},
		{"a.1", ""},
	} {
		if got, ok := ipv4(tt.in); got != tt.want || ok != (tt.want != "") {
			t.Errorf("ipv4(%q) = %q, %v; want %q", tt.in, got, ok, tt.want)
		}
	}
}

func TestAppendIPv6(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"0:0:0:0:0:0:0:0", "::"},
		{"0:0:0:0:0:0:0:1", "::1"},
		{"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
		{"1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"},
		{"::ffff:1.2.3.4", "::ffff:102:304"},
		{"::ffff:0.0.0.0", "::ffff:0:0"},
		{"::1.2.3.4", "::102:304"},
		{"2001:DB8::A", "2001:db8::a"},
	} {
		got := string(appendIPv6(nil, netip.MustParseAddr(tt.in).As16()))
		if got != tt.want {
			t.Errorf("appendIPv6(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if !canonicalIPv6(got) {
			t.Errorf("canonicalIPv6(%q) = false", got)
		}
	}
}
