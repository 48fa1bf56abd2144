package origin

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// punycode returns host as browsers send it, or host itself. The step of IDNA that comes before Punycode
// needs tables which the standard library keeps to itself: so only letters that it leaves as they are.
func punycode(host string) string {
	unchanged := &unicode.RangeTable{
		R16: []unicode.Range16{
			{Lo: 0x00df, Hi: 0x00f6, Stride: 1}, // Latin
			{Lo: 0x00f8, Hi: 0x0131, Stride: 1},
			{Lo: 0x0142, Hi: 0x0148, Stride: 1},
			{Lo: 0x014b, Hi: 0x017e, Stride: 1},
			{Lo: 0x03ac, Hi: 0x03ce, Stride: 1}, // Greek
			{Lo: 0x0430, Hi: 0x045f, Stride: 1}, // Cyrillic
			{Lo: 0x3041, Hi: 0x3096, Stride: 1}, // Hiragana
			{Lo: 0x30a1, Hi: 0x30fa, Stride: 1}, // Katakana
			{Lo: 0x4e00, Hi: 0x9fff, Stride: 1}, // Chinese
			{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, // Hangul
		},
		LatinOffset: 1,
	}
	for _, r := range host {
		if r >= utf8.RuneSelf && !unicode.Is(unchanged, r) {
			return host
		}
	}
	// The Punycode of net/http is out of reach, but it is how a request is written.
	var buf bytes.Buffer
	r := &http.Request{Host: host, URL: &url.URL{Path: "/"}}
	if err := r.Write(&buf); err != nil {
		return host
	}
	_, line, _ := strings.Cut(buf.String(), "Host: ")
	line, _, _ = strings.Cut(line, "\r\n")
	return line
}
