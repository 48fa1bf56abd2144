package chicors

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// Patterns are as chi writes them: "/x/{name}", "/x/{name:expression}", "/x/*" at the end.

// cutPattern cuts from path what pattern matched with the first of values, and
// returns the path that a router mounted there is given, and the other values.
func cutPattern(pattern, path string, values []string) (rest string, left []string, ok bool) {
	for {
		i := strings.IndexAny(pattern, "{*")
		if i < 0 {
			return "/", values, path == pattern
		}
		if path, ok = strings.CutPrefix(path, pattern[:i]); !ok || len(values) == 0 {
			return "", nil, false
		}
		if pattern[i] == '*' {
			return "/" + path, values[1:], true
		}
		if path, ok = strings.CutPrefix(path, values[0]); !ok {
			return "", nil, false
		}
		pattern, values = pattern[i+closing(pattern[i:]):], values[1:]
	}
}

// closing returns the length of the parameter that pattern starts with, its
// braces included.
func closing(pattern string) int {
	depth := 0
	for i := range len(pattern) {
		switch pattern[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(pattern)
}

// params returns the number of parameters in pattern, "*" included.
func params(pattern string) (n int) {
	for {
		i := strings.IndexAny(pattern, "{*")
		if i < 0 {
			return n
		}
		n++
		if pattern[i] == '*' {
			return n
		}
		pattern = pattern[i+closing(pattern[i:]):]
	}
}

// blank returns pattern without the names of its parameters: patterns that blank
// alike are one node of the tree.
func blank(pattern string) string {
	if strings.IndexByte(pattern, '{') < 0 {
		return pattern
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(pattern, '{')
		if i < 0 {
			b.WriteString(pattern)
			return b.String()
		}
		b.WriteString(pattern[:i])
		n := closing(pattern[i:])
		_, expr, isRegexp := strings.Cut(pattern[i:i+n], ":")
		if isRegexp {
			// chi anchors an expression that is not.
			expr = strings.TrimSuffix(strings.TrimPrefix(expr, "^"), "}")
			b.WriteString("{:" + strings.TrimSuffix(expr, "$") + "}")
		} else {
			b.WriteString("{}")
		}
		pattern = pattern[i+n:]
	}
}

// example returns a path that a blanked pattern matches; false if none is at hand.
// A pattern without expressions matches itself.
func example(blanked string) (path string, ok bool) {
	for {
		i := strings.Index(blanked, "{:")
		if i < 0 {
			return path + blanked, true
		}
		n := closing(blanked[i:])
		if blanked[i+n-1] != '}' || n <= len("{:") {
			return "", false // not closed: chi panics
		}
		expr := blanked[i+len("{:") : i+n-1]
		tree, err := syntax.Parse(expr, syntax.Perl)
		if err != nil {
			return "", false
		}
		value := matchOf(tree)
		// chi takes an empty expression, too, and anchors all.
		re, err := regexp.Compile("^(?:" + expr + ")$")
		if err != nil || value == "" || strings.Contains(value, "/") || !re.MatchString(value) {
			return "", false
		}
		path += blanked[:i] + value
		if blanked = blanked[i+n:]; blanked != "" && strings.Contains(value, blanked[:1]) {
			return "", false // chi would end the parameter there
		}
	}
}

// samples returns paths that a blanked pattern matches. The router decides whether
// another pattern takes them.
func samples(blanked string) (paths []string) {
	path, ok := example(blanked)
	if !ok {
		return nil
	}
	for _, param := range []string{"{}", "a", "0", "~"} {
		p := strings.ReplaceAll(path, "{}", param)
		prefix, wild := strings.CutSuffix(p, "*")
		if !wild {
			paths = append(paths, p)
			continue
		}
		for _, rest := range []string{"*", "", "~/~/~"} {
			paths = append(paths, prefix+rest)
		}
	}
	return paths
}

// matchOf returns a short text that re may match.
func matchOf(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			return string(re.Rune[:1])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "a"
	case syntax.OpStar, syntax.OpQuest, syntax.OpPlus, syntax.OpCapture, syntax.OpAlternate:
		return matchOf(re.Sub[0])
	case syntax.OpRepeat:
		return strings.Repeat(matchOf(re.Sub[0]), re.Min)
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range re.Sub {
			b.WriteString(matchOf(sub))
		}
		return b.String()
	}
	return ""
}
