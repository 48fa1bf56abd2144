// Package policyjson reads policies in JSON as configuration: every mistake has a
// place, and nothing is dropped in silence.
package policyjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// An Error is a mistake at a place of a JSON text.
type Error struct {
	Line, Column int // from 1; the column in bytes
	Reason       string
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// A Value is a JSON value in a text.
type Value struct {
	text  []byte // the whole
	start int
	raw   json.RawMessage
}

// Text returns the value that text consists of, if it is JSON at all.
func Text(text []byte) (Value, error) {
	err := json.Unmarshal(text, new(json.RawMessage))
	if err == nil {
		return Value{text, 0, text}, nil
	}
	offset := len(text)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && !strings.HasPrefix(syntax.Error(), "unexpected end") {
		offset = int(syntax.Offset) - 1
	}
	return Value{}, newError(text, max(offset, 0), err.Error())
}

// Errorf returns an Error at the start of v.
func (v Value) Errorf(format string, args ...any) *Error {
	return newError(v.text, v.start, fmt.Sprintf(format, args...))
}

func newError(text []byte, offset int, reason string) *Error {
	before := text[:min(offset, len(text))]
	line := bytes.Count(before, []byte("\n"))
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1)
	return &Error{line + 1, column + 1, reason}
}

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return string(bytes.TrimSpace(v.raw)) == "null" }

// Object calls member for each member of the object v, in order. It fails if v is
// no object, if a name comes twice, and with what member returns.
func (v Value) Object(member func(name string, at, value Value) error) error {
	dec := json.NewDecoder(bytes.NewReader(v.raw))
	dec.UseNumber() // one that no float64 holds is JSON, too
	token, err := dec.Token()
	if err != nil {
		return err // impossible: Text has read it
	}
	if token != json.Delim('{') {
		return v.Errorf("want an object, have %s", kind(token))
	}
	seen := map[string]bool{}
	for dec.More() {
		at := v.at(dec)
		token, err := dec.Token()
		if err != nil {
			return err
		}
		name := token.(string) // Token takes nothing else for a name
		if seen[name] {
			return at.Errorf("%q comes twice", name)
		}
		seen[name] = true
		value := v.at(dec)
		if err := dec.Decode(&value.raw); err != nil {
			return err
		}
		if err := member(name, at, value); err != nil {
			return err
		}
	}
	return nil
}

// at returns an empty Value where the next one starts.
func (v Value) at(dec *json.Decoder) Value {
	i := int(dec.InputOffset())
	for i < len(v.raw) && bytes.IndexByte([]byte(" \t\r\n,:"), v.raw[i]) >= 0 {
		i++
	}
	return Value{v.text, v.start + i, nil}
}

// Decode stores v in p, a pointer to a bool, int, string or list of them. want is
// what p holds, in words.
func (v Value) Decode(p any, want string) error {
	if v.IsNull() {
		return v.Errorf("want %s, have null", want)
	}
	if err := json.Unmarshal(v.raw, p); err != nil {
		return v.Errorf("want %s, have %s", want, bytes.TrimSpace(v.raw))
	}
	return nil
}

func kind(token json.Token) string {
	switch token.(type) {
	case json.Delim:
		return "a list"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	}
	return "null"
}
