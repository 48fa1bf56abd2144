package origin

import (
	"cmp"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// diagnosis walks a refused key, repairs what it can, and keeps the first reason for a repair. If the key with
// every repair made compiles, that is the remedy; if not, what could not be repaired is the reason.
type diagnosis struct {
	repaired string // the first reason that was repaired

	beyond string // the first reason that was not
	remedy string // for beyond
}

func (d *diagnosis) repair(reason string) {
	if d.repaired == "" {
		d.repaired = reason
	}
}

func (d *diagnosis) giveUp(reason, remedy string) {
	if d.beyond == "" {
		d.beyond, d.remedy = reason, remedy
	}
}

// anOrigin is the remedy where there is nothing to go by.
const anOrigin = `write an origin such as "https://a.example"`

const anIPv6 = `write one as in "https://[2001:db8::1]:8443"`

// diagnose says why key, which does not compile, is refused, and what to write.
func diagnose(key string) string {
	var d diagnosis
	fixed := d.key(key)
	_, ok := compile(fixed)
	if re, isRegexp := strings.CutPrefix(fixed, regexpPrefix); isRegexp {
		p, err := parseRegexp(fixed, re)
		ok = err == nil && !p.MatchesEveryHost() // which is no remedy
	}
	if ok && d.repaired != "" {
		return d.repaired + "; write " + strconv.Quote(fixed)
	}
	if d.beyond == "" {
		d.giveUp(cmp.Or(d.repaired, "not an origin"), anOrigin)
	}
	return d.beyond + "; " + d.remedy
}

// regexpLike finds what a regexp has and an origin, however ill-formed, has not.
var regexpLike = regexp.MustCompile(`[\^$()|+{}]|\\[./dws-]|\[[^\]]*-|://\.\*`)

func (d *diagnosis) key(key string) string {
	if strings.TrimSpace(key) == "" {
		d.giveUp("empty", anOrigin)
		return ""
	}
	if len(key) > 2*MaxLen {
		d.giveUp("longer than an origin can be", "write one of at most "+strconv.Itoa(MaxLen)+" bytes")
		return ""
	}
	if !utf8.ValidString(key) {
		d.giveUp("not UTF-8", anOrigin)
		return ""
	}
	if s := strings.TrimSpace(key); s != key {
		d.repair("space around it")
		key = s
	}
	if s := strings.Trim(key, "\"'`<>"); s != key {
		d.repair("quotation marks")
		key = s
	}
	lower := strings.ToLower(key)
	switch {
	case key == "*":
		d.giveUp(`"*" is no pattern`, anOrigin)
		return ""
	case lower == "null" || strings.HasPrefix(lower, regexpPrefix):
		d.repair("upper case")
		return lower[:min(len("null"), len(lower))] + key[min(len("null"), len(key)):]
	case strings.HasPrefix(lower, "file:"):
		d.repair("a file has no origin of its own")
		return "file://"
	}
	if regexpLike.MatchString(key) {
		d.repair("a regexp has to say so")
		d.giveUp("a regexp has to say so", "write "+strconv.Quote(regexpPrefix)+" in front")
		return regexpPrefix + strings.Trim(key, "/")
	}
	if list := strings.FieldsFunc(key, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) }); len(list) > 1 {
		d.giveUp("several values in one key", "write one key for each")
		return ""
	}
	if strings.ContainsFunc(key, unicode.IsControl) {
		d.giveUp("control character", anOrigin)
		return ""
	}
	if strings.Contains(key, `\`) {
		d.repair("backslash")
		key = strings.ReplaceAll(key, `\`, "/")
	}
	scheme, rest := d.scheme(key)
	if scheme == "file" {
		d.repair("a file has no origin of its own")
		return "file://"
	}
	rest = d.cutTail(rest)
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		d.repair("user name or password")
		rest = rest[i+1:]
	}
	host, port, ok := d.hostPort(rest)
	if !ok {
		return ""
	}
	port = d.port(scheme, host, port)
	return d.host(scheme, host, port)
}

func (d *diagnosis) scheme(key string) (scheme, rest string) {
	scheme, rest, ok := strings.Cut(key, "://")
	if !ok {
		scheme, rest = "", key
		for _, s := range [...]string{"http:", "https:"} {
			if head := key[:min(len(s), len(key))]; strings.EqualFold(head, s) && !allDigits(key[len(head):]) {
				d.repair(`no "//" after the scheme`)
				scheme, rest = strings.TrimSuffix(s, ":"), key[len(head):]
			}
		}
		rest = strings.TrimLeft(rest, "/")
	}
	if scheme == "" {
		d.repair("no scheme")
		host, _, _ := strings.Cut(rest, ":")
		if strings.HasPrefix(rest, "[") {
			host, _, _ = strings.Cut(rest[1:], "]")
		}
		host = strings.TrimPrefix(strings.ToLower(strings.TrimRight(host, "/")), "*.")
		if loopback(host) {
			return "http", rest
		}
		return "https", rest
	}
	if strings.Contains(scheme, "*") {
		d.repair(`"*" in the scheme, which has to be written out`)
		return "https", rest
	}
	if s := strings.ToLower(scheme); s != scheme {
		d.repair("upper case")
		scheme = s
	}
	if scheme != "file" && !validScheme(scheme) {
		d.giveUp("a scheme that no browser sends", anOrigin)
	}
	return scheme, rest
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// cutTail removes what a URL has after its origin.
func (d *diagnosis) cutTail(s string) string {
	i := strings.IndexAny(s, "/?#")
	if i < 0 {
		return s
	}
	switch {
	case s[i:] == "/":
		d.repair("trailing slash")
	case s[i] == '/':
		d.repair("path, but an origin has none")
	case s[i] == '?':
		d.repair("query, but an origin has none")
	default:
		d.repair("fragment, but an origin has none")
	}
	return s[:i]
}

// hostPort splits s. The port that it returns has its colon.
func (d *diagnosis) hostPort(s string) (host, port string, ok bool) {
	if strings.HasPrefix(s, "[") {
		i := strings.IndexByte(s, ']')
		if i < 0 {
			d.giveUp(`"[" without "]"`, anIPv6)
			return "", "", false
		}
		return s[:i+1], s[i+1:], true
	}
	if strings.Count(s, ":") > 1 {
		d.repair("IPv6 address without brackets")
		return "[" + s + "]", "", true
	}
	i := strings.IndexByte(s, ':')
	if i < 0 {
		return s, "", true
	}
	return s[:i], s[i:], true
}

// port repairs port, which has its colon if it is not empty.
func (d *diagnosis) port(scheme, host, port string) string {
	if port == "" {
		return ""
	}
	text, ok := strings.CutPrefix(port, ":")
	if !ok {
		d.giveUp("something between host and port", anOrigin)
		return port
	}
	if text == "" {
		d.repair("colon without a port")
		return ""
	}
	start, open := strings.CutSuffix(text, "*")
	if strings.Contains(start, "*") {
		d.giveUp(`"*" may stand only at the end of a port`, "write "+strconv.Quote(scheme+"://"+host+":*")+" for any port")
		return port
	}
	if open && start == "" {
		return port
	}
	if !allDigits(start) {
		d.giveUp("a port that is no number", "write one from 1 to 65535")
		return port
	}
	if s := strings.TrimLeft(start, "0"); s != start {
		if s == "" {
			d.repair("port 0, which no page has")
			return ":*"
		}
		d.repair("leading zero of the port")
		start = s
	}
	n, ok := portNumber(start)
	if !ok {
		d.giveUp("port out of range", "write one from 1 to 65535")
		return port
	}
	if open && 10*n > 65535 {
		d.repair("only one port starts so")
		open = false
	}
	if open {
		return ":" + start + "*"
	}
	if start == defaultPort(scheme) {
		d.repair("default port, which browsers leave out")
		return ""
	}
	return ":" + start
}

// host repairs host, and returns the whole key.
func (d *diagnosis) host(scheme, host, port string) string {
	if host == "" {
		d.giveUp("empty host", anOrigin)
		return ""
	}
	if host == "*" || host == "**" {
		all := regexpPrefix + scheme + "://.*"
		if !strings.HasSuffix(port, "*") {
			all += port
		}
		remedy := "write " + strconv.Quote(all)
		if special(scheme) {
			remedy = `write "*", or ` + strconv.Quote(all) + " to keep the scheme"
		}
		d.giveUp("matches every host", remedy)
		return ""
	}
	if s := strings.ToLower(host); s != host {
		if !isASCII(host) {
			d.repair("letters outside ASCII")
		}
		d.repair("upper case")
		host = s
	}
	if !isASCII(host) {
		d.repair("letters outside ASCII")
		d.giveUp("letters outside ASCII", `write the host in Punycode ("xn--…"), as browsers send it`)
		host = punycode(host)
	}
	if strings.HasPrefix(host, "[") {
		return scheme + "://" + d.ipv6(host) + port
	}
	if strings.Contains(host, "%") {
		d.giveUp("percent sign in the host", anOrigin)
		return ""
	}
	if strings.HasPrefix(host, ".") {
		d.repair("leading dot")
		host = "*" + host
	}
	host = d.wildcard(scheme, host, port)
	if strings.HasPrefix(host, regexpPrefix) {
		return host
	}
	name, sub := strings.CutPrefix(host, "*.")
	bare := strings.TrimSuffix(name, ".")
	if special(scheme) && bare != "" && endsInNumber(bare) {
		if sub {
			d.repair("an IP address has no subdomains")
		}
		d.repair("not an IPv4 address as browsers write it")
		d.giveUp("not an IPv4 address", `write one as in "https://192.0.2.1"`)
		host, _ = ipv4(bare)
		return scheme + "://" + host + port
	}
	for label := range strings.SplitSeq(bare, ".") {
		if label == "" {
			d.giveUp("empty label in the host", anOrigin)
		}
		if len(label) > maxLabel {
			d.giveUp("label of more than 63 bytes", anOrigin)
		}
	}
	for _, r := range bare {
		if !validLabels(string(r)) && r != '.' {
			d.giveUp(strconv.QuoteRune(r)+" in the host", anOrigin)
		}
	}
	if len(host) > maxName {
		d.giveUp("host of more than 253 bytes", anOrigin)
	}
	return scheme + "://" + host + port
}

// wildcard repairs a "*" of host that is out of place. What it returns may be a whole regexp.
func (d *diagnosis) wildcard(scheme, host, port string) string {
	base := strings.TrimLeft(host, "*.")
	if !strings.Contains(host, "*") || host == "*."+base && !strings.Contains(base, "*") {
		return host
	}
	if strings.Contains(base, "*") {
		d.repair(`"*" may stand only for whole labels at the start of the host`)
		d.giveUp(`"*" may stand only for whole labels at the start of the host`, "write one key for each host")
		re := strings.ReplaceAll(regexp.QuoteMeta(host), `\*`, `[^.]+`)
		port = strings.ReplaceAll(strings.ReplaceAll(port, ":*", "(:[0-9]+)?"), "*", "[0-9]*")
		return regexpPrefix + scheme + "://" + re + port
	}
	if strings.HasPrefix(host, "*.*.") {
		d.repair(`"*." stands for several labels already`)
	}
	d.repair(`"*" may stand only for whole labels`)
	return "*." + base
}

func (d *diagnosis) ipv6(host string) string {
	text, zone, _ := strings.Cut(strings.Trim(host, "[]"), "%")
	if zone != "" {
		d.repair("IPv6 zone, which browsers leave out")
	}
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is6() {
		d.giveUp("not an IPv6 address", anIPv6)
		return host
	}
	d.repair("not an IPv6 address as browsers write it")
	return "[" + string(appendIPv6(nil, a.As16())) + "]"
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
