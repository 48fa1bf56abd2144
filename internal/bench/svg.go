package main

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// The drawing is small multiples, two beside two, with the same scale of y: a slope in
// one means what it means in another.
const (
	panelWidth, panelHeight = 400, 270
	left, right, top, foot  = 62, 26, 46, 50 // the margins of a panel
	headHeight              = 64
)

// style gives every series a colour and a dash of its own, in light and in dark.
const style = `
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.page { fill: #ffffff } .title { font-weight: 600; font-size: 13px } .small { fill: #59636e; font-size: 11px }
.grid { stroke: #d1d9e0; stroke-width: 1 } .axis { stroke: #59636e; stroke-width: 1 }
.line { fill: none; stroke-width: 2 } .s0 { stroke: #0969da; stroke-width: 3 } .s1 { stroke: #bc4c00; stroke-dasharray: 7 3 }
.s2 { stroke: #1a7f37; stroke-dasharray: 2 3 } .s3 { stroke: #59636e; stroke-width: 1.5 } .dot { stroke: none }
.d0 { fill: #0969da } .d1 { fill: #bc4c00 } .d2 { fill: #1a7f37 } .d3 { fill: #59636e }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .page { fill: #0d1117 } .small { fill: #9198a1 } .grid { stroke: #2a313c } .axis { stroke: #9198a1 }
.s0 { stroke: #4493f8 } .s1 { stroke: #f0883e } .s2 { stroke: #3fb950 } .s3 { stroke: #9198a1 }
.d0 { fill: #4493f8 } .d1 { fill: #f0883e } .d2 { fill: #3fb950 } .d3 { fill: #9198a1 }
}
`

// A scale maps values to places by their logarithm. 0, which has none, stands half a
// decade before 1.
type scale struct{ min, max, from, to float64 }

func (s scale) at(v float64) float64 {
	return s.from + (logarithm(v)-s.min)/(s.max-s.min)*(s.to-s.from)
}

func logarithm(v float64) float64 {
	if v == 0 {
		return -0.5
	}
	return math.Log10(v)
}

// drawGrowth returns panels as one SVG; under names what was measured, and where.
func drawGrowth(panels []panel, under string) string {
	width, height := 2*panelWidth, headHeight+(len(panels)+1)/2*panelHeight+24
	least, most := 0.0, 0.0
	for _, p := range panels {
		for _, s := range p.series {
			for _, v := range s.values {
				least, most = min(least, logarithm(v)), max(most, logarithm(v))
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="t d">`+"\n", width, height, width, height)
	b.WriteString(`<title id="t">What a request costs as the configuration grows</title><desc id="d">` + html.EscapeString(describe(panels)) + "</desc>\n")
	fmt.Fprintf(&b, "<style>%s</style>\n"+`<rect class="page" width="%d" height="%d"/>`+"\n", style, width, height)
	text(&b, "title", "start", 16, 24, "The time of a request, in times of routecors at the left end of each diagram. Both axes are logarithmic.")
	for i, name := range []string{"routecors", "rs/cors", "go-chi/cors", "no CORS"} {
		x := 16 + 130*i
		fmt.Fprintf(&b, `<path class="line s%d" d="M%d 44h28"/>`, i, x)
		text(&b, "", "start", float64(x+34), 48, name)
	}
	for i, p := range panels {
		p.draw(&b, float64(i%2*panelWidth), float64(headHeight+i/2*panelHeight), math.Floor(least), math.Ceil(most))
	}
	text(&b, "small", "start", 16, float64(height-10), under)
	return b.String() + "</svg>\n"
}

func (p panel) draw(b *strings.Builder, x, y, least, most float64) {
	first, last := logarithm(float64(p.sizes[0])), logarithm(float64(p.sizes[len(p.sizes)-1]))
	across := scale{first, last, x + left, x + panelWidth - right}
	up := scale{least, most, y + panelHeight - foot, y + top}
	text(b, "title", "start", x+left, y+26, p.title)
	for e := least; e <= most; e++ {
		v := math.Pow(10, e)
		fmt.Fprintf(b, `<path class="grid" d="M%.1f %.1fH%.1f"/>`, across.from, up.at(v), across.to)
		text(b, "small", "end", across.from-8, up.at(v)+4, "×"+thousands(v))
	}
	for _, n := range p.sizes {
		at := across.at(float64(n))
		fmt.Fprintf(b, `<path class="axis" d="M%.1f %.1fv5"/>`, at, up.from)
		text(b, "small", "middle", at, up.from+18, thousands(float64(n)))
	}
	fmt.Fprintf(b, `<path class="axis" d="M%.1f %.1fH%.1f"/>`, across.from, up.from, across.to)
	text(b, "", "middle", (across.from+across.to)/2, up.from+36, p.unit)
	for i := len(p.series) - 1; i >= 0; i-- { // ours above the others
		s := p.series[i]
		var points, dots strings.Builder
		for j, v := range s.values {
			cx, cy := across.at(float64(p.sizes[j])), up.at(v)
			fmt.Fprintf(&points, "%.1f,%.1f ", cx, cy)
			fmt.Fprintf(&dots, `<circle class="dot d%d" cx="%.1f" cy="%.1f" r="3"><title>%s, %s: ×%.3g</title></circle>`, i, cx, cy, html.EscapeString(s.name), thousands(float64(p.sizes[j])), v)
		}
		fmt.Fprintf(b, `<polyline class="line s%d" points="%s"/>%s`+"\n", i, strings.TrimSpace(points.String()), dots.String())
	}
}

func text(b *strings.Builder, class, anchor string, x, y float64, s string) {
	fmt.Fprintf(b, `<text class="%s" text-anchor="%s" x="%.1f" y="%.1f">%s</text>`+"\n", class, anchor, x, y, html.EscapeString(s))
}

// thousands returns v as "10,000".
func thousands(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if v < 1 {
		return s
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// describe says in words where each series ends.
func describe(panels []panel) string {
	var parts []string
	for _, p := range panels {
		for _, s := range p.series {
			n := len(p.sizes) - 1
			parts = append(parts, fmt.Sprintf("%s, %s %s: %s ×%.3g", p.title, thousands(float64(p.sizes[n])), p.unit, s.name, s.values[n]))
		}
	}
	return strings.Join(parts, ". ") + "."
}
