package said

import (
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
)

// Field is a part of what a customer said.
type Field int

// The fields.
const (
	ID Field = iota
	Source
	Time
	Nature
	Text
	Language
	Stars
	Reach
	Address
	ReplyTo
	Sentiment
	Causes
	Channel
	Customer
	Segment
	Journey
	Run
	Survey
	Score
	ConsentVersion
	ConsentLanguage
	ConsentText
	ConsentTime
	numFields
)

// fieldNames are the names of the fields, which are also the columns that are read without a map.
var fieldNames = [numFields]string{
	"id", "source", "time", "nature", "text", "language", "stars", "reach", "address", "reply_to", "sentiment", "causes", "channel",
	"customer", "segment", "journey", "run", "survey", "score", "consent_version", "consent_language", "consent_text", "consent_time",
}

// String returns the name of the field.
func (f Field) String() string { return fieldNames[f] }

// Fields returns the names of all fields.
func Fields() []string { return slices.Clone(fieldNames[:]) }

// Columns are the columns, or the keys of JSON objects, that have the fields. A field without one has the column of its own name.
type Columns map[Field]string

// column returns the column of the field.
func (c Columns) column(f Field) string {
	if name, ok := c[f]; ok {
		return name
	}
	return f.String()
}

// of returns the field that is in the column.
func (c Columns) of(column string) (f Field, ok bool) {
	for f := range numFields {
		if name, mapped := c[f]; mapped && name == column {
			return f, true
		}
	}
	i := slices.Index(fieldNames[:], column)
	if _, mapped := c[Field(max(i, 0))]; i < 0 || mapped {
		return 0, false
	}
	return Field(i), true
}

// ParseColumns parses pairs of a field and a column, as [encoding/csv] has split them.
func ParseColumns(pairs []string) (Columns, error) {
	c := Columns{}
	for _, pair := range pairs {
		name, column, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		f := Field(slices.Index(fieldNames[:], name))
		switch {
		case f < 0:
			hint := ""
			if near := blueprint.Suggest(name, Fields()); near != "" {
				hint = fmt.Sprintf(": did you mean %q?", near)
			}
			return nil, fmt.Errorf("%.80q is not one of %s%s", name, strings.Join(Fields(), ", "), hint)
		case !ok || column == "":
			return nil, fmt.Errorf("%s= needs the name of a column", name)
		}
		if _, twice := c[f]; twice {
			return nil, fmt.Errorf("%s= occurs twice: remove one", name)
		}
		for other, of := range c {
			if of == column {
				return nil, fmt.Errorf("%s= and %s= have one column, %.80q: name two", other, name, column)
			}
		}
		c[f] = column
	}
	return c, nil
}
