package slo

import (
	"fmt"
	"slices"
)

// Dimension is a property of events by which the count of an objective is split. Its text is its name in the blueprint.
type Dimension string

// The dimensions. Each has few values in any service: no property that names a person or a run is one.
const (
	ByChannel Dimension = "channel"
	BySegment Dimension = "segment"
	ByActor   Dimension = "actor"
	ByIntent  Dimension = "intent"
	ByRelease Dimension = "release"
	ByArm     Dimension = "arm"
)

// Dimensions returns every dimension, in the order in which the documentation has them.
func Dimensions() []Dimension {
	return []Dimension{ByChannel, BySegment, ByActor, ByIntent, ByRelease, ByArm}
}

// ParseDimension returns the dimension with that name.
func ParseDimension(text string) (Dimension, error) {
	if d := Dimension(text); slices.Contains(Dimensions(), d) {
		return d, nil
	}
	return "", fmt.Errorf("slo: %.40q is no dimension: want one of %q", text, Dimensions())
}

// String returns the name of the dimension.
func (d Dimension) String() string { return string(d) }

// MarshalText implements [encoding.TextMarshaler].
func (d Dimension) MarshalText() ([]byte, error) { return []byte(d), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. See [ParseDimension].
func (d *Dimension) UnmarshalText(text []byte) error {
	parsed, err := ParseDimension(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
