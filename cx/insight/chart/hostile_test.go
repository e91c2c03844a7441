package chart_test

import (
	"encoding/xml"
	"errors"
	"html/template"
	"io"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/chart"
)

// elements and attributes that figures and mails may have. None of them runs anything or loads anything.
var (
	elements = map[string]bool{
		"figure": true, "figcaption": true, "span": true, "div": true, "p": true, "bdi": true, "details": true, "summary": true,
		"table": true, "caption": true, "thead": true, "tbody": true, "tr": true, "th": true, "td": true,
		"svg": true, "title": true, "desc": true, "pattern": true, "rect": true, "line": true, "circle": true, "path": true, "text": true,
	}
	attributes = map[string]bool{
		"class": true, "id": true, "dir": true, "role": true, "tabindex": true, "aria-label": true, "aria-labelledby": true, "aria-describedby": true,
		"scope": true, "xmlns": true, "width": true, "height": true, "viewBox": true, "patternUnits": true, "d": true, "x": true, "y": true,
		"x1": true, "y1": true, "x2": true, "y2": true, "cx": true, "cy": true, "r": true, "rx": true, "fill": true, "text-anchor": true,
		"stroke-width": true,
	}
	ofMail = map[string]bool{"style": true, "align": true, "valign": true, "bgcolor": true, "cellpadding": true, "cellspacing": true, "border": true}

	isNumber = regexp.MustCompile(`^-?[0-9]{1,6}(\.[0-9])?$`)
	isPath   = regexp.MustCompile(`^(([MLCHVZ])|-?[0-9]{1,6}(\.[0-9])?| )+$`)
	isURL    = regexp.MustCompile(`^url\(#[A-Za-z][A-Za-z0-9_-]*\)$`)
)

// faults returns what is wrong with markup that has to be harmless, and its texts.
func faults(markup template.HTML, mail bool) (found, texts []string) {
	d := xml.NewDecoder(strings.NewReader("<all>" + string(markup) + "</all>"))
	ids := map[string]bool{}
	var used []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return append(found, err.Error()), texts
		}
		switch e := token.(type) {
		case xml.CharData:
			texts = append(texts, string(e))
		case xml.StartElement:
			if e.Name.Local == "all" {
				continue
			}
			if !elements[e.Name.Local] {
				found = append(found, "an element "+e.Name.Local)
			}
			for _, a := range e.Attr {
				found = append(found, attributeFaults(a, mail)...)
				switch a.Name.Local {
				case "id":
					if ids[a.Value] {
						found = append(found, "the ID "+a.Value+" twice")
					}
					ids[a.Value] = true
				case "aria-labelledby", "aria-describedby":
					used = append(used, a.Value)
				case "fill":
					used = append(used, strings.TrimSuffix(strings.TrimPrefix(a.Value, "url(#"), ")"))
				}
			}
		default:
			if _, ok := token.(xml.EndElement); !ok {
				found = append(found, "a comment or an instruction")
			}
		}
	}
	for _, id := range used {
		if !ids[id] {
			found = append(found, "no element has the ID "+id)
		}
	}
	return found, texts
}

func attributeFaults(a xml.Attr, mail bool) (found []string) {
	name, value := a.Name.Local, a.Value
	if !attributes[name] && !(mail && ofMail[name]) {
		found = append(found, "an attribute "+name)
	}
	bad := false
	switch name {
	case "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "stroke-width":
		bad = !isNumber.MatchString(value)
	case "width", "height":
		bad = !isNumber.MatchString(strings.TrimSuffix(value, "%")) || strings.HasPrefix(value, "-")
	case "d":
		bad = !isPath.MatchString(value)
	case "fill":
		bad = !isURL.MatchString(value)
	}
	if bad {
		found = append(found, name+" is "+value)
	}
	return found
}

// check renders a chart in all forms and looks for what is wrong with them.
func check(t *testing.T, c chart.Chart) (texts []string) {
	t.Helper()
	figure := chart.Figure(c)
	found, texts := faults(figure, false)
	folded, _ := faults(chart.Figure(c, chart.Folded()), false)
	mail, more := faults(chart.Mail(c), true)
	for _, f := range slices.Concat(found, folded, mail) {
		t.Errorf("%T: %s", c, f)
	}
	if again := chart.Figure(c); again != figure {
		t.Errorf("%T: the second figure differs from the first", c)
	}
	for _, s := range append(texts, more...) {
		if i := strings.IndexFunc(s, func(r rune) bool {
			return r >= 0x202a && r <= 0x202e || r == 0x2066 || r == 0x2067 || r < ' ' && r != '\n'
		}); i >= 0 {
			t.Errorf("%T: the text %q has a character that turns or ends a text", c, s)
		}
		if strings.Count(s, "\u2068") != strings.Count(s, "\u2069") {
			t.Errorf("%T: the text %q leaves an isolation open", c, s)
		}
	}
	for _, row := range chart.Numbers(c).Rows {
		if head := chart.Numbers(c).Head; len(row) != len(head) {
			t.Errorf("%T: a row of %d cells below a head of %d", c, len(row), len(head))
		}
	}
	return texts
}

// fill sets every text of a value, and counts them.
func fill(v reflect.Value, s string) (n int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
		return 1
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return 0
		}
		for i := range v.NumField() {
			n += fill(v.Field(i), s)
		}
	case reflect.Slice:
		for i := range v.Len() {
			n += fill(v.Index(i), s)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			n += fill(v.Elem(), s)
		}
	}
	return n
}

var hostile = []string{
	`"><img src=x onerror=alert(1)><script>alert(2)</script>`, `</title></svg><script>alert(3)</script>`, `'"` + "`" + `&lt;&#x3c;{{.}}`,
	"javascript:alert(4)", "url(#x)", "]]><!--", "\x00\x01\x1b[31m\x7f\u0085", "\xff\xfe\xc0\xaf", "\u202egnihtyna\u2066 of\u2067 it",
	"\ufeff\ufffe\U0010ffff\ufdd0", strings.Repeat("long ", 2000), strings.Repeat("W", 5000), "e" + strings.Repeat("\u0301", 500),
	"مرحبا 123 (abc)", "שלום \"<b>\"", "👨\u200d👩\u200d👧\u200d👦 家族", "a\r\nb\tc\u2028d", " ", "",
}

// TestHostileTexts: no text of any chart becomes markup, turns what is beside it, or breaks the figure.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	for _, c := range gallery() {
		for _, s := range hostile {
			v := clone(c)
			if n := fill(v, s); n < 4 {
				t.Fatalf("%T has %d texts: fill does not reach them", c, n)
			}
			check(t, v.Interface().(chart.Chart))
			for _, gone := range []string{"onerror=alert(1)>", "<script", "<img"} {
				if out := string(chart.Figure(v.Interface().(chart.Chart)) + chart.Mail(v.Interface().(chart.Chart))); strings.Contains(out, gone) {
					t.Errorf("%T: %q is in the figure", c, gone)
				}
			}
		}
	}
	if out := string(chart.Spark(hostile[1], chart.Count, []float64{1, math.Inf(1), 2})); strings.Contains(out, "<script") {
		t.Error("a spark has a script")
	}
}

// numbers sets every number of a value in turn.
func numbers(v reflect.Value, next func() float64) {
	switch v.Kind() {
	case reflect.Float64:
		v.SetFloat(next())
	case reflect.Int64:
		f := next()
		switch {
		case math.IsNaN(f):
			v.SetInt(math.MinInt64)
		default:
			v.SetInt(int64(min(max(f, -9e18), 9e18)))
		}
	case reflect.Int:
		v.SetInt(int64(min(max(next(), -10), 10)))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "Least" {
				numbers(v.Field(i), next)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			numbers(v.Index(i), next)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			numbers(v.Elem(), next)
		}
	}
}

// clone copies a chart deeply, so that tests can change it.
func clone(c chart.Chart) reflect.Value {
	var deep func(reflect.Value) reflect.Value
	deep = func(v reflect.Value) reflect.Value {
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		switch v.Kind() {
		case reflect.Struct:
			if v.Type() != reflect.TypeFor[time.Time]() {
				for i := range v.NumField() {
					out.Field(i).Set(deep(v.Field(i)))
				}
			}
		case reflect.Slice:
			if !v.IsNil() {
				out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
				for i := range v.Len() {
					out.Index(i).Set(deep(v.Index(i)))
				}
			}
		case reflect.Pointer:
			if !v.IsNil() {
				out.Set(reflect.New(v.Type().Elem()))
				out.Elem().Set(deep(v.Elem()))
			}
		}
		return out
	}
	return deep(reflect.ValueOf(c))
}

// TestStrangeNumbers: whatever the numbers are, paths and places are finite, and the figure is whole.
func TestStrangeNumbers(t *testing.T) {
	t.Parallel()
	strange := []float64{
		0, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, math.Copysign(0, -1),
		1e18, 1e15, -1, 0.5, 1, 2, 3, 5, 1e-9, 1 - 1e-16, 7, 1e6, 9e14,
	}
	for _, c := range gallery() {
		for _, f := range strange {
			v := clone(c)
			numbers(v, func() float64 { return f })
			check(t, v.Interface().(chart.Chart))
		}
		for step := 1; step < len(strange); step++ {
			v, i := clone(c), 0
			numbers(v, func() float64 { i += step; return strange[i%len(strange)] })
			check(t, v.Interface().(chart.Chart))
		}
	}
}

// FuzzCharts: no input breaks a figure. The bytes choose a chart, and become its numbers and a text.
func FuzzCharts(f *testing.F) {
	f.Add(uint8(0), "name", []byte{1, 2, 3})
	f.Add(uint8(8), hostile[0], []byte{255, 0, 128, 7, 9})
	f.Fuzz(func(t *testing.T, kind uint8, text string, data []byte) {
		all := gallery()
		v := clone(all[int(kind)%len(all)])
		fill(v, text)
		i := 0
		numbers(v, func() float64 {
			if len(data) == 0 {
				return 0
			}
			b := float64(data[i%len(data)])
			i++
			switch {
			case b == 255:
				return math.NaN()
			case b == 254:
				return math.Inf(1)
			case b > 200:
				return math.Pow(10, b-227)
			case b > 100:
				return (b - 150) / 50
			default:
				return b
			}
		})
		check(t, v.Interface().(chart.Chart))
	})
}
