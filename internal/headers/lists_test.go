package headers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ask returns a list of n names in the spelling of browsers.
func ask(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("x-header-%03d", i)
	}
	return strings.Join(names, ",")
}

func TestSetValue(t *testing.T) {
	for _, test := range []struct {
		names []string
		want  string
	}{
		{nil, ""},
		{[]string{"Content-Type"}, "content-type"},
		{[]string{"X-B", "x-a"}, "x-a,x-b"},
		{[]string{"x-a", "X-A", "X-a"}, "x-a"},
		{[]string{"X-1", "X_1", "X", "X!1"}, "x,x!1,x-1,x_1"},
	} {
		before := slices.Clone(test.names)
		s := NewSet(test.names)
		if got := s.Value(); got != test.want {
			t.Errorf("NewSet(%q).Value() = %q, want %q", test.names, got, test.want)
		}
		if diff := cmp.Diff(before, test.names); diff != "" {
			t.Errorf("NewSet changed its argument (-want +got):\n%s", diff)
		}
		if rejected, ok := s.Allows([]string{s.Value()}); !ok {
			t.Errorf("NewSet(%q) does not allow its own value: %q", test.names, rejected)
		}
	}
}

func TestAllows(t *testing.T) {
	s := NewSet([]string{"X-A", "x-ab", "x-b", "Content-Type", "x!a", "x"})
	for _, test := range []struct {
		lines    []string
		rejected string
		ok       bool
	}{
		// What browsers send.
		{[]string{"content-type"}, "", true},
		{[]string{"x-a,x-b"}, "", true},
		{[]string{"content-type,x,x!a,x-a,x-ab,x-b"}, "", true},
		{[]string{"x-a,x-a,x-b"}, "", true}, // Firefox
		{[]string{"x-c"}, "x-c", false},
		{[]string{"x-a,x-abc"}, "x-abc", false},
		{[]string{"x-"}, "x-", false},
		{[]string{"authorization,x-a"}, "authorization", false},
		// What RFC 9110, section 5.6.1.2, allows besides.
		{nil, "", true},
		{[]string{""}, "", true},
		{[]string{" \t"}, "", true},
		{[]string{",,,"}, "", true},
		{[]string{"x-b,x-a"}, "", true},
		{[]string{"X-B, X-A"}, "", true},
		{[]string{"\tx-a \t,\t x-b "}, "", true},
		{[]string{"x-a,,x-b,"}, "", true},
		{[]string{",x-a"}, "", true},
		{[]string{"x-b", "x-a"}, "", true},
		{[]string{"", "x-a", "", "X-A,x"}, "", true},
		{[]string{"x-b,x-a,X-Evil,X-Worse"}, "X-Evil", false},
		{[]string{"x-a", " X-Evil\t, x-b"}, "X-Evil", false},
		// What is no list of names.
		{[]string{"x-a;x-b"}, "x-a;x-b", false},
		{[]string{"x-a x-b"}, "x-a x-b", false},
		{[]string{"x-a\nx-b"}, "x-a\nx-b", false},
		{[]string{"\u00a0x-a"}, "\u00a0x-a", false},
		{[]string{"*"}, "*", false},
		{[]string{"x-a\x00"}, "x-a\x00", false},
		// The bounds.
		{[]string{strings.Repeat("x,", 255) + "x"}, "", true},
		{[]string{strings.Repeat("x,", 256) + "x"}, "", false},
		{[]string{strings.Repeat("x, ", 255) + "x"}, "", true},
		{[]string{strings.Repeat("x, ", 256) + "x"}, "", false},
		{[]string{strings.Repeat("x,", 256) + "nope"}, "", false},
		{[]string{strings.Repeat(",", 31)}, "", true},
		{[]string{strings.Repeat(",", 32)}, "", false},
		{[]string{strings.Repeat(" ", 8<<10)}, "", true},
		{[]string{strings.Repeat(" ", 8<<10+1)}, "", false},
		{[]string{"x" + strings.Repeat(" ", 8<<10)}, "", false},
		{[]string{strings.Repeat("y", 8<<10)}, strings.Repeat("y", 8<<10), false},
		{[]string{strings.Repeat("x", 8<<10+1)}, "", false},
		{slices.Repeat([]string{"x-a"}, 256), "", true},
		{slices.Repeat([]string{"x-a"}, 257), "", false},
		{slices.Repeat([]string{""}, 32), "", true},
		{slices.Repeat([]string{""}, 33), "", false},
		{[]string{strings.Repeat(" ", 4<<10), strings.Repeat(" ", 4<<10-1)}, "", true},
		{[]string{strings.Repeat(" ", 4<<10), strings.Repeat(" ", 4<<10)}, "", false},
	} {
		rejected, ok := s.Allows(test.lines)
		if rejected != test.rejected || ok != test.ok {
			t.Errorf("Allows(%.80q) = %.80q, %t, want %.80q, %t", test.lines, rejected, ok, test.rejected, test.ok)
		}
	}
	for _, test := range []struct {
		lines    []string
		rejected string
		ok       bool
	}{
		{nil, "", true},
		{[]string{""}, "", true},
		{[]string{"x-a"}, "x-a", false},
	} {
		if rejected, ok := new(Set).Allows(test.lines); rejected != test.rejected || ok != test.ok {
			t.Errorf("zero Set: Allows(%q) = %q, %t, want %q, %t", test.lines, rejected, ok, test.rejected, test.ok)
		}
	}
}

func TestAllTokens(t *testing.T) {
	for _, test := range []struct {
		lines    []string
		rejected string
		ok       bool
	}{
		{nil, "", true},
		{[]string{"x-a,authorization"}, "", true},
		{[]string{" X-A ,, y", ""}, "", true},
		{[]string{"*"}, "", true},
		{[]string{"x-a,x b"}, "x b", false},
		{[]string{"x-a", "x\"y"}, "x\"y", false},
		{[]string{"é"}, "é", false},
		{[]string{ask(256)}, "", true},
		{[]string{ask(257)}, "", false},
		{[]string{strings.Repeat("x", 8<<10)}, "", true},
		{[]string{strings.Repeat("x", 8<<10+1)}, "", false},
	} {
		rejected, ok := AllTokens(test.lines)
		if rejected != test.rejected || ok != test.ok {
			t.Errorf("AllTokens(%.80q) = %q, %t, want %q, %t", test.lines, rejected, ok, test.rejected, test.ok)
		}
	}
}

func TestEcho(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
		ok    bool
	}{
		{nil, "", true},
		{[]string{""}, "", true},
		{[]string{" ,\t"}, "", true},
		{[]string{"x-a"}, "x-a", true},
		{[]string{"x-a,x-a,x-b"}, "x-a,x-a,x-b", true},
		{[]string{"X-B, x-a"}, "X-B,x-a", true},
		{[]string{",x-b,,x-a,"}, "x-b,x-a", true},
		{[]string{"x-b", "", " x-a"}, "x-b,x-a", true},
		{[]string{"x a"}, "", false},
		{[]string{"x-a,x\r\nSet-Cookie: a=b"}, "", false},
		{[]string{"x-a", "é"}, "", false},
		{[]string{ask(256)}, ask(256), true},
		{[]string{ask(257)}, "", false},
		{[]string{strings.Repeat("x", 4<<10)}, strings.Repeat("x", 4<<10), true},
		{[]string{strings.Repeat("x", 4<<10+1)}, "", false},
		{[]string{strings.Repeat("x", 4<<10-2), "y"}, strings.Repeat("x", 4<<10-2) + ",y", true},
		{[]string{strings.Repeat("x", 4<<10-1), "y"}, "", false},
	} {
		got, ok := Echo(test.lines)
		if got != test.want || ok != test.ok {
			t.Errorf("Echo(%.80q) = %.80q, %t, want %.80q, %t", test.lines, got, ok, test.want, test.ok)
		}
	}
}

// The lists that cost other libraries megabytes and milliseconds.
var hostile = []struct {
	name  string
	lines []string
}{
	{"commas", []string{strings.Repeat(",", 1<<20)}},
	{"oneName", []string{strings.Repeat("x", 1<<20)}},
	{"spaces", []string{strings.Repeat(" ", 1<<20)}},
	{"names", []string{strings.Repeat("x-header-000,", 80_000)}},
	{"upper", []string{strings.Repeat("X-HEADER-000,", 80_000)}},
	{"lines", slices.Repeat([]string{"x-header-000"}, 10_000)},
	{"emptyLines", make([]string, 10_000)},
	{"256LinesOfCommas", slices.Repeat([]string{strings.Repeat(",", 31)}, 256)},
	{"8KiBCommas", []string{strings.Repeat(",", 8<<10)}},
	{"8KiBSpaces", []string{strings.Repeat(" ", 8<<10)}},
	{"8KiBName", []string{strings.Repeat("x", 8<<10)}},
	{"256SameNames", []string{strings.Repeat("x-header-000,", 256) + "x"}},
}

func TestAllocations(t *testing.T) {
	s := NewSet(strings.Split(ask(100), ","))
	none := func(name string, f func()) {
		t.Helper()
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
	for _, list := range append(hostile, []struct {
		name  string
		lines []string
	}{
		{"sorted", []string{ask(5)}},
		{"spaced", []string{"X-Header-003, x-header-001 ,,"}},
		{"split", []string{"x-header-003", "x-header-001"}},
		{"refused", []string{"x-header-003,x-evil"}},
	}...) {
		none("Allows "+list.name, func() { s.Allows(list.lines) })
		none("AllTokens "+list.name, func() { AllTokens(list.lines) })
	}
	for _, list := range hostile {
		if list.name != "256SameNames" { // within the bounds of Echo
			none("Echo "+list.name, func() { Echo(list.lines) })
		}
	}
	none("Echo of a clean line", func() { Echo([]string{"content-type,x-a"}) })
}

// elements is the definition: what the lines hold once they are joined by
// commas, split at them and trimmed. ok is false over the bounds; known tells
// how many elements count before that.
func elements(lines []string, maxBytes int) (names []string, ok bool) {
	joined := strings.Join(lines, ",")
	if len(lines) > 256 || len(joined) > maxBytes {
		return nil, false
	}
	if len(lines) == 0 {
		return nil, true
	}
	empty := 0
	for element := range strings.SplitSeq(joined, ",") {
		element = strings.Trim(element, " \t")
		if element != "" {
			names = append(names, element)
		} else {
			empty++
		}
		if empty > 32 || len(names) > 256 {
			return names[:min(len(names), 256)], false
		}
	}
	return names, true
}

func naive(lines []string, valid func(string) bool) (rejected string, ok bool) {
	names, ok := elements(lines, 8<<10)
	for _, name := range names {
		if !valid(name) {
			return name, false
		}
	}
	return "", ok
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

func addLists(f *testing.F, add func(lines string)) {
	f.Helper()
	for _, lines := range []string{
		"", "x-a", "x-a,x-b", "x-a,x-a,x-b", "X-B ,\tx-a,,", "x-b\nx-a", "\n\n", "x-a,x-c", "x-ab,x-a-b", "*", "x \x00",
		"\u212a,x!a", strings.Repeat(",", 33), strings.Repeat("x-a,", 257), strings.Repeat("x-a\n", 257), strings.Repeat("x", 4097),
	} {
		add(lines)
	}
}

func FuzzAllows(f *testing.F) {
	addLists(f, func(lines string) {
		f.Add("X-A,x-b,x-ab,x!a,k", lines)
		f.Add(ask(40)+",x,x!a,x!b,X-A", lines)
	})
	f.Add(ask(40)+",x,x!a,x!b", "x,x!b,x-header-000,x-header-007,x-header-008,x-header-039")
	f.Fuzz(func(t *testing.T, allowed, joined string) {
		lines := strings.Split(joined, "\n")
		names := slices.DeleteFunc(strings.Split(allowed, ","), func(s string) bool { return !IsToken(s) })
		set := make(map[string]bool)
		for _, name := range names {
			set[lowerASCII(name)] = true
		}
		wantRejected, wantOK := naive(lines, func(name string) bool { return set[lowerASCII(name)] })
		rejected, ok := NewSet(names).Allows(lines)
		if rejected != wantRejected || ok != wantOK {
			t.Errorf("NewSet(%q).Allows(%q) = %q, %t, want %q, %t", names, lines, rejected, ok, wantRejected, wantOK)
		}
		wantRejected, wantOK = naive(lines, IsToken)
		rejected, ok = AllTokens(lines)
		if rejected != wantRejected || ok != wantOK {
			t.Errorf("AllTokens(%q) = %q, %t, want %q, %t", lines, rejected, ok, wantRejected, wantOK)
		}
	})
}

func FuzzEcho(f *testing.F) {
	addLists(f, func(lines string) { f.Add(lines) })
	f.Fuzz(func(t *testing.T, joined string) {
		lines := strings.Split(joined, "\n")
		want, wantOK := elements(lines, 4<<10)
		wantOK = wantOK && !slices.ContainsFunc(want, func(name string) bool { return !IsToken(name) })
		value, ok := Echo(lines)
		if ok != wantOK {
			t.Fatalf("Echo(%q) = %q, %t, want %t", lines, value, ok, wantOK)
		}
		if !ok {
			want = nil
		}
		// No white space, no empty element: the value is the names and commas.
		if value != strings.Join(want, ",") {
			t.Errorf("Echo(%q) = %q, want the names %q", lines, value, want)
		}
		if len(value) > 4<<10 {
			t.Errorf("Echo(%q) returns %d bytes", lines, len(value))
		}
		if again, ok := Echo([]string{value}); again != value || !ok {
			t.Errorf("Echo of its own value %q = %q, %t", value, again, ok)
		}
	})
}

// BenchmarkAllows compares with splitting the list and looking the names up in
// a map, as is usual.
func BenchmarkAllows(b *testing.B) {
	// Names that differ as early, and as late, as real ones do.
	var all []string
	for _, first := range strings.Fields("accept amz app auth cache client content csrf date device if int page rate req sdk session stainless trace user") {
		for _, last := range strings.Fields("id key type version limit") {
			all = append(all, "x-"+first+"-"+last)
		}
	}
	slices.Sort(all)
	pick := func(step, n int) (names []string) {
		for i := range n {
			names = append(names, all[i*step+step/2])
		}
		return names
	}
	for _, allowed := range []int{6, 100} {
		s, set := NewSet(all[:allowed]), make(map[string]bool)
		for _, name := range all[:allowed] {
			set[name] = true
		}
		five := pick(allowed/5, 5)
		for _, list := range []struct {
			name  string
			lines []string
		}{
			{"1", pick(allowed, 1)},
			{"5", []string{strings.Join(five, ",")}},
			{"5spaced", []string{strings.Join(five, ", ")}},
			{"5upper", []string{strings.ToUpper(strings.Join(five, ","))}},
			{"5lines", five},
			{"refused", []string{five[0] + ",x-evil"}},
		} {
			b.Run(fmt.Sprintf("allowed=%d/asked=%s", allowed, list.name), func(b *testing.B) {
				for b.Loop() {
					s.Allows(list.lines)
				}
			})
			b.Run(fmt.Sprintf("allowed=%d/asked=%s/map", allowed, list.name), func(b *testing.B) {
				for b.Loop() {
					naive(list.lines, func(name string) bool { return set[lowerASCII(name)] })
				}
			})
		}
	}
	for _, list := range hostile {
		s := NewSet(append(all, "x-header-000"))
		b.Run("hostile/"+list.name, func(b *testing.B) {
			for b.Loop() {
				s.Allows(list.lines)
			}
		})
	}
}

func BenchmarkEcho(b *testing.B) {
	for _, line := range []string{"authorization,content-type,x-a", "Authorization, Content-Type, X-A"} {
		b.Run(line, func(b *testing.B) {
			b.ReportAllocs()
			lines := []string{line}
			for b.Loop() {
				Echo(lines)
			}
		})
	}
}
