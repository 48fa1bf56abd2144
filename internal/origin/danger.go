package origin

import (
	"math/rand/v2"
	"net/netip"
	"regexp/syntax"
	"strings"
	"unicode"

	"golang.org/x/net/publicsuffix"
)

// The dangers of a pattern that is no regexp are read off its parts. What a regexp matches is tried out: a
// number of texts that its syntax tree generates, and some fixed ones, are matched against it. The texts are
// the same in every run. A danger that is reported is real, since Match was asked; one that is
// not reported may still be there, in a regexp that is made to hide it.

// MatchesEveryHost reports whether p is a regexp that matches hosts of owners that have nothing to do with
// each other. "https://.*" is one, and so are the usual slips:
//
//	regexp:https://.*example\.com       also https://evilexample.com
//	regexp:https://example\.com.*       also https://example.com.evil.net
//	regexp:https://www.example\.com     also https://wwwxexample.com
//
// Hosts have one owner if they are under one registrable domain, counting only the public suffixes of the
// ICANN section: previews at https://pr-[0-9]+-shop\.vercel\.app have one. So have all loopback hosts, all private
// IP addresses, and all names under a special-use name such as "test". Alternatives that are written out, as in
// (shop\.example|example\.org), count as listed by hand, and so do classes of less than ten bytes.
// No other kind of pattern matches every host.
func (p Pattern) MatchesEveryHost() bool {
	if p.kind != expression {
		return false
	}
	for _, s := range strangers {
		if p.Match(s) {
			return true
		}
	}
	for a, b := range p.samples {
		if a != b && p.Match(a) && p.Match(b) && owner(a) != owner(b) {
			return true
		}
	}
	return false
}

// strangers are origins that a policy names only by matching everything.
var strangers = [...]string{
	"https://q7x3kvw.com",
	"http://zj4hpd.net",
	"https://www.kq0x9t.co.uk",
	"https://q7x3kvw.com:8443",
	"http://zj4hpd.net:3000",
	"http://203.0.113.77",
}

// Insecure reports whether p matches an origin whose pages travel in clear text, that of a loopback host
// aside. Whoever is on the way can be such an origin; see https://w3c.github.io/webappsec-secure-contexts/.
// The schemes in question are http, ws and ftp; loopback is localhost and the names under it, 127.0.0.0/8
// and [::1].
func (p Pattern) Insecure() bool {
	switch p.kind {
	case exact, ports, subdomains:
		return cleartext(p.scheme()) && !loopback(strings.TrimPrefix(p.base(), "."))
	case expression:
		for _, s := range strangers {
			if insecure(s) && p.Match(s) {
				return true
			}
		}
		for a := range p.samples {
			if insecure(a) && p.Match(a) {
				return true
			}
		}
	}
	return false
}

func insecure(s string) bool {
	o, ok := Parse(s)
	return ok && cleartext(o.Scheme) && !loopback(o.Host)
}

func cleartext(scheme string) bool {
	return scheme == "http" || scheme == "ws" || scheme == "ftp"
}

// loopback reports whether host is this machine; see https://www.rfc-editor.org/rfc/rfc6761#section-6.3.
func loopback(host string) bool {
	if a, ok := address(host); ok {
		return a.IsLoopback()
	}
	return under(strings.TrimSuffix(host, "."), "localhost")
}

func address(host string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return a.Unmap(), err == nil
}

// under reports whether name is parent or a name below it.
func under(name, parent string) bool {
	head, ok := strings.CutSuffix(name, parent)
	return ok && (head == "" || head[len(head)-1] == '.')
}

// PublicSuffix returns the public suffix that p, a subdomain pattern, has as its base: "com", "co.uk",
// "github.io". Anybody can have a name below one. A suffix whose rule in the list has a wildcard counts for
// its parent too, and a name of one label that is not in the list is a suffix, unless it is a special-use
// name, below which nobody can register.
func (p Pattern) PublicSuffix() (string, bool) {
	if p.kind != subdomains {
		return "", false
	}
	name := strings.TrimSuffix(strings.TrimPrefix(p.base(), "."), ".")
	if _, ok := specialUse(name); ok {
		return "", false
	}
	below := "q7x3kvw." + name
	if suffix, _ := publicsuffix.PublicSuffix(name); suffix == name {
		return name, true
	}
	suffix, _ := publicsuffix.PublicSuffix(below)
	return name, suffix == below
}

// specialUse returns the special-use name that name is or is under. These are the names that no registry gives
// away: those of RFC 6761, local and the list in appendix G of RFC 6762, home.arpa of RFC 8375, and internal,
// which ICANN has set aside.
func specialUse(name string) (string, bool) {
	for _, s := range [...]string{
		"localhost", "test", "example", "invalid",
		"local", "intranet", "internal", "private", "corp", "home", "lan",
		"home.arpa",
	} {
		if under(name, s) {
			return s, true
		}
	}
	return "", false
}

// owner returns a name for whoever owns the host of s, a well-formed origin.
func owner(s string) string {
	o, _ := Parse(s)
	if !special(o.Scheme) {
		return o.Host
	}
	if loopback(o.Host) {
		return "localhost"
	}
	if a, ok := address(o.Host); ok {
		if a.IsPrivate() || a.IsLinkLocalUnicast() {
			return "private"
		}
		return o.Host
	}
	name := strings.TrimSuffix(o.Host, ".")
	if s, ok := specialUse(name); ok {
		return s
	}
	suffix, icann := publicsuffix.PublicSuffix(name)
	for !icann && strings.Contains(suffix, ".") {
		_, parent, _ := strings.Cut(suffix, ".")
		suffix, icann = publicsuffix.PublicSuffix(parent)
	}
	if suffix == name {
		return name
	}
	label := strings.TrimSuffix(name, "."+suffix)
	return name[strings.LastIndexByte(label, '.')+1:]
}

// samples yields pairs of texts that the regexp of p may match. The two of a pair took the same
// alternatives and repeated as often, but filled classes with other bytes.
func (p Pattern) samples(yield func(a, b string) bool) {
	re, err := syntax.Parse(strings.TrimPrefix(p.key, regexpPrefix), syntax.Perl)
	if err != nil {
		return
	}
	for walk := range uint64(64) {
		a, b := generate(re, walk, 1), generate(re, walk, 2)
		if !yield(a, b) {
			return
		}
		// Where the regexp leaves the scheme to chance, no sample hits a real one.
		for _, scheme := range [...]string{"https://", "http://"} {
			if !strings.HasPrefix(a, scheme) && !yield(withScheme(scheme, a), withScheme(scheme, b)) {
				return
			}
		}
	}
}

func withScheme(scheme, s string) string {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	return scheme + s
}

func generate(re *syntax.Regexp, walk, fill uint64) string {
	alphabets := [...]string{
		"abcdefghijklmnopqrstuvwxyz",
		"0123456789",
		"abcdefghijklmnopqrstuvwxyz0123456789",
		"abcdefghijklmnopqrstuvwxyz....-",
	}
	g := generator{
		choose:   rand.New(rand.NewPCG(walk, 0)),
		fill:     rand.New(rand.NewPCG(walk, fill)),
		alphabet: alphabets[walk%uint64(len(alphabets))],
		steps:    4 * MaxLen,
	}
	g.emit(re)
	return g.out.String()
}

// generator is one walk through a syntax tree.
type generator struct {
	choose   *rand.Rand // alternatives and repetitions
	fill     *rand.Rand // the bytes of classes
	alphabet string
	steps    int // that remain: nested repetitions of nothing have no other end
	out      strings.Builder
}

func (g *generator) emit(re *syntax.Regexp) {
	if g.steps--; g.steps < 0 || g.out.Len() > MaxLen {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase != 0 {
				r = unicode.ToLower(r)
			}
			g.out.WriteRune(r)
		}
	case syntax.OpCharClass:
		g.emitClass(func(c byte) bool { return inClass(re.Rune, rune(c)) })
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		g.emitClass(func(byte) bool { return true })
	case syntax.OpStar:
		g.repeat(re.Sub[0], 0, -1)
	case syntax.OpPlus:
		g.repeat(re.Sub[0], 1, -1)
	case syntax.OpQuest:
		g.repeat(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		g.repeat(re.Sub[0], re.Min, re.Max)
	case syntax.OpAlternate:
		g.emit(re.Sub[g.choose.IntN(len(re.Sub))])
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			g.emit(sub)
		}
	}
}

func (g *generator) repeat(re *syntax.Regexp, least, most int) {
	n := least + g.choose.IntN(5)
	if most >= 0 {
		n = min(n, most)
	}
	for range n {
		g.emit(re)
	}
}

// emitClass writes a byte that in takes, of the alphabet if it can.
func (g *generator) emitClass(in func(byte) bool) {
	const hostBytes = "abcdefghijklmnopqrstuvwxyz0123456789-._"
	var any, some []byte
	for _, c := range []byte(hostBytes) {
		if in(c) {
			any = append(any, c)
		}
	}
	for _, c := range []byte(g.alphabet) {
		if in(c) {
			some = append(some, c)
		}
	}
	switch {
	case len(any) >= 10 && len(some) > 0:
		g.out.WriteByte(some[g.fill.IntN(len(some))])
	case len(any) >= 10:
		g.out.WriteByte(any[g.fill.IntN(len(any))])
	case len(any) > 0:
		g.out.WriteByte(any[g.choose.IntN(len(any))])
	default:
		for _, c := range []byte(":/[]") {
			if in(c) {
				g.out.WriteByte(c)
				return
			}
		}
	}
}

// inClass reports whether r is in the ranges of a character class.
func inClass(ranges []rune, r rune) bool {
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i] <= r && r <= ranges[i+1] {
			return true
		}
	}
	return false
}
