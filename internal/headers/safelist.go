package headers

import (
	"iter"
	"slices"
	"strconv"
	"strings"
)

// UnsafeNames returns the CORS-unsafe request-header names of lines, names with
// values, sorted and in lower case:
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names.
func UnsafeNames(lines iter.Seq2[string, string]) []string {
	var names, maybe []string
	size := 0
	for name, value := range lines {
		name = strings.ToLower(name)
		if !IsSafelistedRequestHeader(name, value) {
			names = append(names, name)
			continue
		}
		maybe = append(maybe, name)
		size += len(value)
	}
	if size > 1024 {
		names = append(names, maybe...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// IsSafelistedRequestHeader is
// https://fetch.spec.whatwg.org/#cors-safelisted-request-header.
func IsSafelistedRequestHeader(lower, value string) bool {
	if len(value) > 128 {
		return false
	}
	switch lower {
	case "accept":
		return !hasUnsafeByte(value)
	case "accept-language", "content-language":
		return strings.Trim(value, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz *,-.;=") == ""
	case "content-type":
		essence, _, _ := strings.Cut(value, ";")
		switch strings.ToLower(strings.Trim(essence, " \t\r\n")) {
		case "application/x-www-form-urlencoded", "multipart/form-data", "text/plain":
			return !hasUnsafeByte(value)
		}
	case "range":
		return isSimpleRange(value)
	}
	return false
}

// hasUnsafeByte looks for a CORS-unsafe request-header byte:
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte.
func hasUnsafeByte(value string) bool {
	return strings.ContainsFunc(value, func(c rune) bool {
		return c < 0x20 && c != '\t' || c == 0x7f || strings.ContainsRune(`"():<>?@[\]{}`, c)
	})
}

// isSimpleRange reports whether value is one range with a start:
// https://fetch.spec.whatwg.org/#simple-range-header-value.
func isSimpleRange(value string) bool {
	first, last, ok := strings.Cut(strings.TrimPrefix(value, "bytes="), "-")
	if !ok || !strings.HasPrefix(value, "bytes=") || !isDigits(first) || last != "" && !isDigits(last) {
		return false
	}
	from, err := strconv.ParseUint(first, 10, 64)
	if err != nil || last == "" {
		return err == nil
	}
	to, err := strconv.ParseUint(last, 10, 64)
	return err == nil && from <= to
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// IsSetOnTheWay reports whether a request may carry the header though no page has set
// it: one that the browser sets itself, by the cache mode of the request (the same
// names set by a script would need permission, but cannot be told from those), or one
// that a reverse proxy adds. Forbidden request-header names are such, too.
func IsSetOnTheWay(lower string) bool {
	switch lower {
	case "user-agent", "priority", "upgrade-insecure-requests", "save-data", // always
		"cache-control", "pragma", "if-none-match", "if-modified-since", // by the cache mode
		"forwarded", "x-real-ip": // RFC 7239, and what came before it
		return true
	}
	return IsForbiddenRequestHeader(lower) || strings.HasPrefix(lower, "x-forwarded-")
}
