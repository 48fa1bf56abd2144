package headers

import (
	"slices"
	"strings"
)

// Access-Control-Request-Headers holds a list of names
// (https://fetch.spec.whatwg.org/#http-access-control-request-headers). Browsers
// send it lower-cased, sorted, on one line, without white space. What passes
// through gateways or comes from other clients looks otherwise, and RFC 9110,
// section 5.6.1.2, obliges the recipient to read it all the same: names in any
// order and case, repeated (Firefox does), white space around them, "a
// reasonable number of empty list elements", several lines. So "x-a,x-b" and
//
//	Access-Control-Request-Headers: X-B ,, x-a
//	Access-Control-Request-Headers: x-a
//
// ask for the same. Whoever sends such lists has no right to our time, hence
// the bounds. They count before anything else is done: the number of lines and
// their length are known without reading them.
const (
	maxBytes     = 8 << 10 // of all lines, joined by commas
	maxEchoBytes = 4 << 10 // the same, of a list that is sent back
	maxNames     = 256     // gateways split a list into one line a name: of lines, too
	maxEmpty     = 32      // elements without a name; a line may be one
)

// Set is a compiled list of allowed request-header names. It is immutable, and
// so safe for concurrent use. The zero value is the empty list.
type Set struct {
	names []string // lower case, sorted, each once; substrings of value
	value string
}

// NewSet returns the Set of names, which are tokens. It does not keep the slice.
func NewSet(names []string) *Set {
	sorted := make([]string, len(names))
	for i, name := range names {
		sorted[i] = strings.ToLower(name)
	}
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	s := &Set{value: strings.Join(sorted, ",")}
	if len(sorted) > 0 {
		s.names = slices.Clip(strings.Split(s.value, ","))
	}
	return s
}

// Value returns the list for Access-Control-Allow-Headers. It is spelled as
// browsers spell the question: it has no byte too many, lower case is what
// HPACK compresses best, and one policy has one spelling, in whatever order it
// was written.
func (s *Set) Value() string { return s.value }

// Allows reports whether every name in lines, the values of
// Access-Control-Request-Headers, is in s. Where one is not, rejected is the
// first such element, as it was sent; it is empty where the list exceeds the
// bounds. Allows does not allocate.
func (s *Set) Allows(lines []string) (rejected string, ok bool) {
	if len(lines) == 1 && len(lines[0]) <= maxBytes && s.merge(lines[0]) {
		return "", true
	}
	return scan(lines, maxBytes, s.contains)
}

// merge reports whether line is a list in the spelling of browsers and holds no
// other names than s. It walks both lists at once, and so finds no name that
// comes too late: false means that line must be read properly.
func (s *Set) merge(line string) bool {
	const stride = 8
	names := s.names
	for range maxNames {
		// The first name of line is not greater than line, so it comes before
		// names[stride] where that is. But a name may get lost beside one that
		// goes on with what sorts before the comma ("x" beside "x!a").
		for len(names) > stride && names[stride] <= line {
			names = names[stride:]
		}
		i := lead(names[:min(stride, len(names))], line)
		if i < 0 {
			return false
		}
		names = names[i:]
		if len(line) == len(names[0]) {
			return true
		}
		line = line[len(names[0])+1:]
	}
	return false
}

// lead returns which of names is the first name of line, or -1.
func lead(names []string, line string) int {
	for i, name := range names {
		// The byte after the name tells most names apart, without a call.
		n := len(name)
		if len(line) >= n && (len(line) == n || line[n] == ',') && line[:n] == name {
			return i
		}
	}
	return -1
}

func (s *Set) contains(name string) bool {
	_, ok := slices.BinarySearchFunc(s.names, name, compareFold)
	return ok
}

// compareFold compares lower, which has no upper-case letters, with s, whose
// ASCII letters count as lower case. strings.EqualFold would take the Kelvin
// sign for a k.
func compareFold(lower, s string) int {
	for i := range min(len(lower), len(s)) {
		l, c := lower[i], s[i]
		if l != c && 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if l != c {
			return int(l) - int(c)
		}
	}
	return len(lower) - len(s)
}

// AllTokens reports whether every element of lines, the values of
// Access-Control-Request-Headers, is a header name. Its results are those of
// Set.Allows. It does not allocate.
func AllTokens(lines []string) (rejected string, ok bool) {
	return scan(lines, maxBytes, IsToken)
}

// Echo returns the Access-Control-Allow-Headers that allows the names in lines,
// the values of Access-Control-Request-Headers: those names, in their order and
// case, and nothing else. It reports false where an element is not a header
// name, or the list exceeds the bounds. An empty list is "" and true.
func Echo(lines []string) (value string, ok bool) {
	if len(lines) == 1 && len(lines[0]) <= maxEchoBytes && isNormal(lines[0]) {
		return lines[0], true
	}
	if _, ok := scan(lines, maxEchoBytes, IsToken); !ok {
		return "", false
	}
	var b strings.Builder
	for _, line := range lines {
		for element, rest, more := cut(line); ; element, rest, more = cut(rest) {
			if element != "" {
				if b.Len() > 0 {
					b.WriteByte(',')
				}
				b.WriteString(element)
			}
			if !more {
				break
			}
		}
	}
	return b.String(), true
}

// isNormal reports whether line is up to maxNames tokens with one comma between
// them.
func isNormal(line string) bool {
	names, empty := 1, true
	for i := range len(line) {
		switch c := line[i]; {
		case isTokenByte(c):
			empty = false
		case c != ',' || empty:
			return false
		default:
			names, empty = names+1, true
		}
	}
	return !empty && names <= maxNames
}

// scan reports whether valid holds for every element of lines. Where it does
// not, rejected is the first such element; it is empty where the list exceeds
// the bounds.
func scan(lines []string, maxBytes int, valid func(element string) bool) (rejected string, ok bool) {
	if len(lines) > maxNames {
		return "", false
	}
	size := len(lines) - 1 // the commas that would join them
	for _, line := range lines {
		size += len(line)
	}
	if size > maxBytes {
		return "", false
	}
	names, empty := 0, 0
	for _, line := range lines {
		for element, rest, more := cut(line); ; element, rest, more = cut(rest) {
			switch {
			case element == "":
				if empty++; empty > maxEmpty {
					return "", false
				}
			case names == maxNames:
				return "", false
			case !valid(element):
				return element, false
			default:
				names++
			}
			if !more {
				break
			}
		}
	}
	return "", true
}

// cut returns the first element of list, without the white space around it,
// what follows its comma, and whether there was a comma.
func cut(list string) (element, rest string, more bool) {
	element, rest, more = strings.Cut(list, ",")
	// strings.Trim is slower: it compiles its cutset.
	for element != "" && isSpace(element[0]) {
		element = element[1:]
	}
	for element != "" && isSpace(element[len(element)-1]) {
		element = element[:len(element)-1]
	}
	return element, rest, more
}

// isSpace reports whether c is optional white space. See
// https://www.rfc-editor.org/rfc/rfc9110#section-5.6.3.
func isSpace(c byte) bool { return c == ' ' || c == '\t' }
