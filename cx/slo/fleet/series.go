package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The kinds of results.
const (
	vector = "vector"
	matrix = "matrix"
)

// series is one series of a result. A vector has Value and a matrix has Values, in the order of their times.
type series struct {
	Metric map[string]string `json:"metric"`
	Value  *point            `json:"value"`
	Values []point           `json:"values"`

	key  string // the labels, without the name of the metric and kindLabel
	kind string // the value of kindLabel
}

// point is a value at a time in milliseconds.
type point struct {
	at    int64
	value float64
}

// UnmarshalJSON implements [json.Unmarshaler] for [1772614800.123,"5"].
func (p *point) UnmarshalJSON(data []byte) error {
	inner, list := strings.CutPrefix(string(data), "[")
	inner, end := strings.CutSuffix(inner, "]")
	at, value, two := strings.Cut(inner, ",")
	if !list || !end || !two {
		return fmt.Errorf("%.80q is no pair of a time and a value", data)
	}
	const thousand, bits = 1000, 64
	s, err1 := strconv.ParseFloat(strings.TrimSpace(at), bits)
	v, err2 := strconv.ParseFloat(strings.Trim(strings.TrimSpace(value), `"`), bits)
	if errors.Join(err1, err2) != nil || math.IsNaN(s) || math.Abs(s) > math.MaxInt64/(2*thousand) {
		return fmt.Errorf("%.80q is no pair of a time and a value", data)
	}
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return fmt.Errorf("%.80q has a value that no counter has: see which process exposes it, or leave it out with WithMatcher", data)
	}
	p.at, p.value = int64(math.Round(s*thousand)), v
	return nil
}

// readSeries reads a vector or a matrix.
func readSeries(data []byte) ([]series, error) {
	var list []series
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("its result cannot be read: %w", err)
	}
	for i := range list {
		s := &list[i]
		if s.Value == nil && len(s.Values) == 0 {
			return nil, fmt.Errorf("the series %.200q of its result has no number: a counter is no histogram", fmt.Sprint(s.Metric))
		}
		s.kind = s.Metric[kindLabel]
		delete(s.Metric, kindLabel)
		delete(s.Metric, "__name__")
		key, err := json.Marshal(s.Metric) // in the order of the labels
		if err != nil {
			return nil, fmt.Errorf("the labels of its result cannot be read: %w", err)
		}
		s.key = string(key)
	}
	return list, nil
}
