package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// toJSON returns the YAML document text in JSON, for routecors.ParsePolicyFile. What
// stands in a line of text stands in the same line of the JSON, and in about the same
// column, so that errors name a place that can be found. Of an alias this is the place
// where it is used.
func toJSON(text []byte) ([]byte, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case err == io.EOF:
		return []byte("{}"), nil
	case err != nil:
		return nil, err
	}
	if err := dec.Decode(&more); err != io.EOF {
		return nil, errors.Join(err, errors.New("more than one document"))
	}
	c := converter{line: 1, column: 1}
	if err := c.value(&doc); err != nil {
		return nil, err
	}
	return c.Bytes(), nil
}

type converter struct {
	bytes.Buffer
	line, column int
}

// maxJSON bounds what aliases of aliases can grow to.
const maxJSON = 1 << 20

func (c *converter) write(s string) {
	c.WriteString(s)
	c.column += len(s)
}

// at goes on to the place of n, unless it is further already.
func (c *converter) at(n *yaml.Node) {
	if n.Line > c.line {
		c.WriteString(strings.Repeat("\n", n.Line-c.line))
		c.line, c.column = n.Line, 1
	}
	if n.Column > c.column && n.Line == c.line {
		c.write(strings.Repeat(" ", n.Column-c.column))
	}
}

func (c *converter) value(n *yaml.Node) error {
	if c.Len() > maxJSON {
		return errors.New("the document is too long")
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return c.value(n.Content[0])
	case yaml.AliasNode:
		c.at(n)
		alias := *n.Alias
		return c.value(&alias)
	case yaml.MappingNode:
		c.write("{")
		for i := 0; i < len(n.Content); i += 2 {
			if i > 0 {
				c.write(",")
			}
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode {
				return fmt.Errorf("line %d: a key that is no text", key.Line)
			}
			c.at(key)
			c.quote(key.Value)
			c.write(":")
			if err := c.value(n.Content[i+1]); err != nil {
				return err
			}
		}
		c.write("}")
		return nil
	case yaml.SequenceNode:
		c.write("[")
		for i, element := range n.Content {
			if i > 0 {
				c.write(",")
			}
			if err := c.value(element); err != nil {
				return err
			}
		}
		c.write("]")
		return nil
	}
	c.at(n)
	var v any
	if err := n.Decode(&v); err != nil {
		return err
	}
	if _, ok := v.(string); ok || n.Tag == "!!timestamp" {
		c.quote(n.Value)
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	c.write(string(text))
	return nil
}

func (c *converter) quote(s string) {
	text, _ := json.Marshal(s) // of a string, it cannot fail
	c.write(string(text))
}
