//go:build unix

package insight_test

import (
	"database/sql"
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight/report"
)

// proof holds every number of a report's JSON against SQL and formulas.
//
// A path names a place in the report: promises[2].now.kept.count. The pattern of it is the path without numbers. A number is proved if a column of a
// statement has its name, or if a formula says how it follows from numbers that are proved. A number without either fails the test.
type proof struct {
	t         *testing.T
	db        *sql.DB
	dialect   dialect
	blueprint *blueprint.Blueprint
	by        []string          // the columns that groups are told apart by
	facts     map[string]string // what statements name with @
	root      any
	changes   []string // the paths of the changes that are adjusted together
	// proved are the paths of the numbers that are right. All is how often there was a number other than 0, by pattern.
	proved map[string]bool
	all    map[string]int
	faults int
}

// tolerance is the relative difference of two numbers that are the same, up to the rounding of float64.
const tolerance = 1e-9

var index = regexp.MustCompile(`\[\d+\]`)

// pattern returns the path without numbers.
func pattern(path string) string { return index.ReplaceAllString(path, "[]") }

func join(path, name string) string {
	switch {
	case path == "":
		return name
	case name == "":
		return path
	}
	return path + "." + name
}

// at returns what is at the path, and nil if there is nothing.
func (p *proof) at(path string) any {
	here := p.root
	for name := range strings.SplitSeq(path, ".") {
		name, rest, _ := strings.Cut(name, "[")
		if name != "" {
			object, _ := here.(map[string]any)
			here = object[name]
		}
		for rest != "" {
			var number string
			number, rest, _ = strings.Cut(rest, "]")
			rest = strings.TrimPrefix(rest, "[")
			list, _ := here.([]any)
			n, err := strconv.Atoi(number)
			if err != nil || n >= len(list) {
				return nil
			}
			here = list[n]
		}
	}
	return here
}

// number returns the number at the path, and 0 if there is none, because JSON leaves out what is 0.
func (p *proof) number(path string) float64 {
	n, _ := p.at(path).(float64)
	return n
}

func (p *proof) text(path string) string {
	s, _ := p.at(path).(string)
	return s
}

func (p *proof) yes(path string) bool {
	b, _ := p.at(path).(bool)
	return b
}

// each calls f with the path of each element of a list.
func (p *proof) each(path string, f func(path string)) {
	list, _ := p.at(path).([]any)
	for i := range list {
		f(fmt.Sprintf("%s[%d]", path, i))
	}
}

func (p *proof) fail(format string, args ...any) {
	p.t.Helper()
	if p.faults++; p.faults <= 40 {
		p.t.Errorf(format, args...)
	}
}

// is proves the number at the path.
func (p *proof) is(path string, want float64, why string) {
	p.t.Helper()
	got := p.number(path)
	if !alike(got, want) {
		p.fail("%s is %v, want %v: %s", path, got, want, why)
	}
	p.proved[path] = true
	if got != 0 {
		p.all[pattern(path)]++
	} else if _, ok := p.all[pattern(path)]; !ok {
		p.all[pattern(path)] = 0
	}
}

func alike(a, b float64) bool {
	return a == b || math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b)) || math.Abs(a-b) < 1e-14
}

// query returns the rows of a statement by the names of its columns. Texts stay texts, and everything else is a number.
func (p *proof) query(statement string, args ...string) (columns []string, list []map[string]any) {
	p.t.Helper()
	names := maps.Clone(p.facts)
	for i := 0; i < len(args); i += 2 {
		names[args[i]] = args[i+1]
	}
	pairs := []string{}
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(names))) {
		pairs = append(pairs, "@"+name, names[name])
	}
	statement = p.dialect.write(strings.NewReplacer(pairs...).Replace(statement))
	rows, err := p.db.QueryContext(p.t.Context(), statement)
	if err != nil {
		p.t.Fatalf("%v\n%s", err, statement)
	}
	defer func() { _ = rows.Close() }()
	if columns, err = rows.Columns(); err != nil {
		p.t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			p.t.Fatalf("%v\n%s", err, statement)
		}
		row := map[string]any{}
		for i, v := range values {
			row[columns[i]] = plainly(v)
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		p.t.Fatalf("%v\n%s", err, statement)
	}
	return columns, list
}

// plainly returns what a driver gives as a number or a text. A sum of PostgreSQL comes as a text of digits.
func plainly(v any) any {
	switch v := v.(type) {
	case nil:
		return 0.0
	case int64:
		return float64(v)
	case bool:
		if v {
			return 1.0
		}
		return 0.0
	case []byte:
		return plainly(string(v))
	case string:
		if n, err := strconv.ParseFloat(v, 64); err == nil && strings.Trim(v, "0123456789.-+e") == "" {
			return n
		}
	}
	return v
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// about are the columns of a statement that are no numbers of the report: customers is how many there are, key names an element of a list, and ~a,b is of how many
// customers the members a and b are, which are 0 if there are one to four.
func about(column string) bool { return column == "customers" || column == "key" || column[0] == '~' }

// small are the members of an object that are of too few customers to be shown.
func small(columns []string, row map[string]any) (members []string) {
	for _, column := range columns {
		if n, _ := row[column].(float64); column[0] == '~' && few(n) {
			members = append(members, strings.Split(strings.TrimSpace(column[1:]), ",")...)
		}
	}
	return members
}

// row proves the numbers of an object by the one row of a statement, whose columns have their names. An object of one to four customers is hidden, and has
// no number.
func (p *proof) row(path, statement string, args ...string) {
	p.t.Helper()
	columns, list := p.query(statement, args...)
	if len(list) != 1 {
		p.fail("%s: %d rows: %s", path, len(list), statement)
		return
	}
	p.object(path, columns, list[0], false)
}

// object proves the numbers of an object by a row.
func (p *proof) object(path string, columns []string, row map[string]any, hidden bool) {
	p.t.Helper()
	if n, ok := row["customers"].(float64); ok {
		hidden = hidden || n > 0 && n < 5
		if p.yes(join(path, "hidden")) != hidden {
			p.fail("%s is hidden: %v, want %v: it has %v customers", path, p.yes(join(path, "hidden")), hidden, n)
		}
	}
	hides := small(columns, row)
	for _, column := range columns {
		want, ok := row[column].(float64)
		switch {
		case about(column):
			continue
		case slices.ContainsFunc(hides, func(member string) bool { return column == member || strings.HasPrefix(column, member+".") }):
			want = 0
		case !ok:
			p.t.Fatalf("%s: the column %s is %v", path, column, row[column])
		case hidden && column != "rows":
			want = 0
		}
		p.is(join(path, column), want, "SQL")
	}
}

// rows proves a list by the rows of a statement: the column key has what the member of this name has, and says which row is which element. With hides, the
// groups of few customers are hidden, and those from which they would follow.
func (p *proof) rows(path, key string, hides bool, statement string, args ...string) {
	p.t.Helper()
	columns, list := p.query(statement, args...)
	hidden := map[string]bool{}
	if hides {
		groups := map[string]float64{}
		for _, row := range list {
			groups[fmt.Sprint(row["key"])], _ = row["customers"].(float64)
		}
		hidden = concealed(groups)
	}
	want := map[string]map[string]any{}
	for _, row := range list {
		want[fmt.Sprint(row["key"])] = row
	}
	p.each(path, func(path string) {
		name := fmt.Sprint(p.at(join(path, key)))
		if p.at(join(path, key)) == nil {
			name = ""
		}
		row, ok := want[name]
		if !ok {
			p.fail("%s: %q is no row of %s", path, name, statement)
			return
		}
		delete(want, name)
		p.object(path, columns, row, hidden[name])
	})
	for name := range want {
		p.fail("%s has no %q", path, name)
	}
}

// leaves calls f with the path of each number.
func leaves(path string, of any, f func(path string)) {
	switch of := of.(type) {
	case map[string]any:
		for name, member := range of {
			leaves(join(path, name), member, f)
		}
	case []any:
		for i, element := range of {
			leaves(fmt.Sprintf("%s[%d]", path, i), element, f)
		}
	case float64:
		f(path)
	}
}

// shares proves what follows from count and n, in every object that has them: the share and its interval.
func (p *proof) shares() {
	leaves("", p.root, func(path string) {
		base, ok := strings.CutSuffix(path, ".count")
		if object, is := p.at(base).(map[string]any); !ok || !is || object["n"] == nil || object["low"] == nil {
			return
		}
		count, n := p.number(path), p.number(join(base, "n"))
		in := wilson(count, n)
		p.is(join(base, "value"), fraction(count, n), "count/n")
		p.is(join(base, "low"), in.low, "Wilson")
		p.is(join(base, "high"), in.high, "Wilson")
	})
}

// unproved returns the patterns of the numbers that nothing proves.
func (p *proof) unproved() []string {
	list := map[string]bool{}
	leaves("", p.root, func(path string) {
		if !p.proved[path] {
			list[pattern(path)] = true
		}
	})
	return slices.Sorted(maps.Keys(list))
}

// numbers returns the patterns of all numbers that the JSON of a report may have, as its type says.
func numbers() []string {
	list := map[string]bool{}
	var walk func(path string, of reflect.Type)
	walk = func(path string, of reflect.Type) {
		if of.Implements(reflect.TypeFor[json.Marshaler]()) || of.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
			return
		}
		switch of.Kind() { //nolint:exhaustive // the others are no numbers
		case reflect.Pointer:
			walk(path, of.Elem())
		case reflect.Slice, reflect.Map:
			walk(path+"[]", of.Elem())
		case reflect.Struct:
			for i := range of.NumField() {
				f := of.Field(i)
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				switch {
				case name == "-" || !f.IsExported() && !f.Anonymous:
				case name == "" && f.Anonymous:
					walk(path, f.Type)
				case name == "":
					walk(join(path, f.Name), f.Type)
				default:
					walk(join(path, name), f.Type)
				}
			}
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
			list[path] = true
		}
	}
	walk("", reflect.TypeFor[report.Report]())
	return slices.Sorted(maps.Keys(list))
}
