//go:build unix

package insight_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"cairncx.dev/cairn/cx/insight"
)

// answersOf asks every question of the view, which is every method of it that may return an error, and returns the answers as JSON by what was asked, such as "Outcomes 0". Sources
// that have the same events have the same answers, byte for byte.
//
// Arguments are values for the parameters, by their types. A method is asked once for each value of the parameter that has the most, and the others take
// turns. A parameter that is a pointer takes a pointer to a value of its type. The answer of a question that returns an error is "error: " and its text.
// answersOf returns an error for a parameter of which there is no value.
func answersOf(ctx context.Context, view *insight.View, arguments ...any) (map[string]string, error) {
	of := map[reflect.Type][]reflect.Value{reflect.TypeFor[context.Context](): {reflect.ValueOf(ctx)}}
	for _, a := range arguments {
		of[reflect.TypeOf(a)] = append(of[reflect.TypeOf(a)], reflect.ValueOf(a))
	}
	answers := map[string]string{}
	v := reflect.ValueOf(view)
	for i := range v.NumMethod() {
		name := v.Type().Method(i).Name
		if out := v.Method(i).Type(); out.Out(out.NumOut()-1) != reflect.TypeFor[error]() {
			continue
		}
		lists, times := make([][]reflect.Value, v.Method(i).Type().NumIn()), 1
		for k := range lists {
			in := v.Method(i).Type().In(k)
			if lists[k] = valuesFor(of, in); len(lists[k]) == 0 {
				return nil, fmt.Errorf("View.%s takes a %s: give a value of this type as an argument", name, in)
			}
			times = max(times, len(lists[k]))
		}
		for n := range times {
			in := make([]reflect.Value, len(lists))
			for k := range lists {
				in[k] = lists[k][n%len(lists[k])]
			}
			asked := fmt.Sprintf("%s %d", name, n)
			answer, err := answerOf(v.Method(i), in)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", asked, err)
			}
			answers[asked] = answer
		}
	}
	return answers, nil
}

// valuesFor returns the values for a parameter.
func valuesFor(of map[reflect.Type][]reflect.Value, in reflect.Type) []reflect.Value {
	if list := of[in]; len(list) > 0 || in.Kind() != reflect.Pointer {
		return list
	}
	var list []reflect.Value
	for _, v := range of[in.Elem()] {
		p := reflect.New(in.Elem())
		p.Elem().Set(v)
		list = append(list, p)
	}
	return list
}

// answerOf returns the JSON of the answer.
func answerOf(question reflect.Value, in []reflect.Value) (string, error) {
	out := question.Call(in)
	if err, _ := reflect.TypeAssert[error](out[len(out)-1]); err != nil {
		return "error: " + err.Error(), nil //nolint:nilerr // an error is an answer
	}
	text, err := json.Marshal(out[0].Interface())
	if err != nil {
		return "", fmt.Errorf("the answer has no JSON: %w", err)
	}
	return string(text), nil
}
