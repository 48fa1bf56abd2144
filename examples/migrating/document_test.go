package migrating

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocument compares the tables of MIGRATING.md with those of the tests, both ways:
// each line of a table is a row that TestRows runs, and what it says to write is the
// source of what ran.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("MIGRATING.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := tables(string(text))
	for _, system := range systems {
		want := []string{"| there | here | what differs, and why |", "|---|---|---|"}
		literals := source(t, system.file, system.table)
		if len(literals) != len(system.rows) {
			t.Fatalf("%s: %d rows in the source, %d in the table", system.file, len(literals), len(system.rows))
		}
		for i, r := range system.rows {
			want = append(want, r.line(literals[i]))
		}
		got := documented[system.heading]
		for _, name := range system.settings {
			setting := regexp.MustCompile(`\b` + name + `\b`)
			if !slices.ContainsFunc(got, func(line string) bool { return setting.MatchString(strings.Split(line, " | ")[0]) }) {
				t.Errorf("%s: no row for %s", system.heading, name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the table is (-want +got):\n%s\nwrite\n%s", system.heading, diff, strings.Join(want, "\n"))
		}
		delete(documented, system.heading)
	}
	for heading := range documented {
		t.Errorf("%s: a table without tests", heading)
	}
}

// tables returns the lines of the tables of a Markdown text, by the heading above.
func tables(text string) map[string][]string {
	found := map[string][]string{}
	heading := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if after, ok := strings.CutPrefix(line, "## "); ok {
			heading = after
		}
		if strings.HasPrefix(line, "|") {
			found[heading] = append(found[heading], line)
		}
	}
	return found
}

// line returns r as MIGRATING.md has it.
func (r row) line(source map[string]string) string {
	there := r.about
	if setting := r.setting; setting != "" {
		there = code(setting) + r.about
	} else if there == "" {
		there = code(source["options"])
	}
	var here []string
	if policy, option := source["policy"], source["option"]; policy != "" && option != "" {
		here = append(here, code(policy+", "+option)) // the arguments of Setup
		delete(source, "policy")
		delete(source, "option")
	}
	for _, field := range []string{"policy", "option", "code", "onChi", "outermost"} {
		if s := source[field]; s != "" {
			here = append(here, code(s))
		}
	}
	return "| " + there + " | " + strings.Join(here, "; ") + " | " + strings.ReplaceAll(r.difference, "|", `\|`) + " |"
}

// code returns s as a code span in a cell of a table.
func code(s string) string {
	s = strings.ReplaceAll(s, "|", `\|`)
	if strings.Contains(s, "`") {
		return "`` " + s + " ``"
	}
	return "`" + s + "`"
}

// source returns the source of the fields of the rows of a table, one map for each
// row. "options" is the inside of the literal of the other library's options.
func source(t *testing.T, file, table string) (rows []map[string]string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	between := func(from, to token.Pos) string {
		lines := strings.Split(string(text[files.Position(from).Offset:files.Position(to).Offset]), "\n")
		for i, line := range lines {
			lines[i] = strings.TrimSpace(line)
		}
		return strings.Join(lines, " ")
	}
	types := declared(parsed)
	// statements leaves out the handling of errors: what is returned is written plainly.
	statements := func(list []ast.Stmt) string {
		var texts []string
		for _, s := range list {
			nodes := []ast.Node{s}
			if r, ok := s.(*ast.ReturnStmt); ok {
				nodes = nil
				for _, e := range joined(r.Results[0]) {
					nodes = append(nodes, e)
				}
			}
			for _, n := range nodes {
				if _, ok := n.(*ast.Ident); !ok {
					texts = append(texts, between(n.Pos(), n.End()))
				}
			}
		}
		return strings.Join(texts, "; ")
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != table {
			return true
		}
		for _, element := range spec.Values[0].(*ast.CompositeLit).Elts {
			fields := map[string]string{}
			for _, field := range element.(*ast.CompositeLit).Elts {
				pair := field.(*ast.KeyValueExpr)
				name := pair.Key.(*ast.Ident).Name
				switch value := pair.Value.(type) {
				case *ast.FuncLit:
					var texts []string
					for _, decl := range used(value, types) {
						texts = append(texts, between(decl.Pos(), decl.End()))
					}
					fields[name] = strings.Join(append(texts, statements(value.Body.List)), "; ")
				default:
					fields[name] = between(value.Pos(), value.End())
				}
				if name == "theirs" {
					ast.Inspect(pair.Value, func(n ast.Node) bool {
						lit, ok := n.(*ast.CompositeLit)
						if !ok {
							return true
						}
						if of, ok := lit.Type.(*ast.SelectorExpr); ok && (of.Sel.Name == "Options" || of.Sel.Name == "Config") {
							fields["options"] = withoutOrigin(between(lit.Lbrace+1, lit.Rbrace))
						}
						return false
					})
				}
			}
			rows = append(rows, fields)
		}
		return false
	})
	return rows
}

// declared returns the declarations of the types of a file, each with its methods.
func declared(file *ast.File) map[string][]ast.Node {
	found := map[string][]ast.Node{}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.GenDecl:
			if spec, ok := decl.Specs[0].(*ast.TypeSpec); ok {
				found[spec.Name.Name] = append(found[spec.Name.Name], decl)
			}
		case *ast.FuncDecl:
			if decl.Recv == nil {
				continue
			}
			if of, ok := decl.Recv.List[0].Type.(*ast.Ident); ok {
				found[of.Name] = append(found[of.Name], decl)
			}
		}
	}
	return found
}

// used returns the declarations of the types that f makes values of: they are to be
// written as well.
func used(f *ast.FuncLit, types map[string][]ast.Node) (decls []ast.Node) {
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.CompositeLit); ok {
			if name, ok := lit.Type.(*ast.Ident); ok {
				decls = append(decls, types[name.Name]...)
			}
		}
		return true
	})
	return decls
}

// joined returns the arguments of errors.Join, or e.
func joined(e ast.Expr) []ast.Expr {
	if call, ok := e.(*ast.CallExpr); ok {
		if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Join" {
			return call.Args
		}
	}
	return []ast.Expr{e}
}

// withoutOrigin leaves the usual origin out of options that have others.
func withoutOrigin(options string) string {
	for _, name := range []string{"AllowedOrigins", "AllowOrigins"} {
		options = strings.TrimPrefix(options, name+`: []string{"https://app.example.com"}, `)
	}
	return options
}
