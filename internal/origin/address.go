package origin

import (
	"net/netip"
	"strconv"
	"strings"
)

// canonicalIPv4 reports whether s is an address as the URL standard writes it.
func canonicalIPv4(s string) bool {
	for i := range 4 {
		octet, rest, dot := strings.Cut(s, ".")
		if dot != (i < 3) || len(octet) > 1 && octet[0] == '0' {
			return false
		}
		if n, ok := portNumber(octet); !ok || n > 255 {
			return false
		}
		s = rest
	}
	return true
}

// canonicalIPv6 reports whether s is an address as the URL standard writes it. It parses by itself
// because netip.ParseAddr allocates its errors.
func canonicalIPv6(s string) bool {
	var (
		a    [16]byte
		n    = 0  // bytes of a that are read
		gap  = -1 // where "::" stands in them
		rest = s
	)
	if strings.HasPrefix(rest, "::") {
		gap, rest = 0, rest[2:]
	}
	for rest != "" {
		group, digits := 0, 0
		for digits < len(rest) && digits < 4 && isHex(rest[digits]) {
			group = group<<4 | hexValue(rest[digits])
			digits++
		}
		if digits == 0 || n == len(a) {
			return false
		}
		a[n], a[n+1] = byte(group>>8), byte(group)
		n += 2
		if rest = rest[digits:]; rest == "" {
			break
		}
		if rest[0] != ':' || len(rest) == 1 {
			return false
		}
		if rest = rest[1:]; rest[0] == ':' {
			if gap >= 0 {
				return false
			}
			gap, rest = n, rest[1:]
		}
	}
	// Too few groups, or a gap that stands for none, show in the comparison.
	if gap >= 0 {
		tail := len(a) - (n - gap)
		copy(a[tail:], a[gap:n])
		clear(a[gap:tail])
	}
	var buf [len("0000:0000:0000:0000:0000:0000:255.255.255.255")]byte
	return string(appendIPv6(buf[:0], a)) == s
}

// appendIPv6 appends a as the URL standard writes it: as RFC 5952, but never with a dotted IPv4 address
// at the end; see https://url.spec.whatwg.org/#concept-ipv6-serializer.
func appendIPv6(dst []byte, a [16]byte) []byte {
	addr := netip.AddrFrom16(a)
	if !addr.Is4In6() {
		return addr.AppendTo(dst)
	}
	dst = append(dst, "::ffff:"...)
	dst = strconv.AppendUint(dst, uint64(a[12])<<8|uint64(a[13]), 16)
	dst = append(dst, ':')
	return strconv.AppendUint(dst, uint64(a[14])<<8|uint64(a[15]), 16)
}

// ipv4 returns the address that browsers take s for, as they write it; see https://url.spec.whatwg.org/#concept-ipv4-parser.
func ipv4(s string) (string, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return "", false
	}
	var sum uint64
	for i, part := range parts {
		base := 10
		if hex, ok := strings.CutPrefix(part, "0x"); ok {
			base, part = 16, "0"+hex
		} else if len(part) > 1 && part[0] == '0' {
			base = 8
		}
		n, err := strconv.ParseUint(part, base, 64)
		limit := uint64(256)
		if i == len(parts)-1 {
			limit <<= 8 * (4 - len(parts))
		}
		if err != nil || n >= limit {
			return "", false
		}
		if i < len(parts)-1 {
			n <<= 8 * (3 - i)
		}
		sum += n
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}).String(), true
}

func hexValue(c byte) int {
	if isDigit(c) {
		return int(c - '0')
	}
	return int(c-'a') + 10
}
