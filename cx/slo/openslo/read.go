package openslo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	yaml "github.com/goccy/go-yaml"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
)

// MaxFile is how many bytes [Read] reads at most.
const MaxFile = 256 << 10

// Warning is something in a file that the objectives do not have, or that a person has to add.
type Warning struct {
	// Object is the kind and the name of the object, such as "SLO checkout-completes".
	Object string
	// Message says what it is, and what to do.
	Message string
}

// String returns the warning on one line.
func (w Warning) String() string { return w.Object + ": " + w.Message }

// Read makes objectives of the SLOs in a file of OpenSLO v1 objects, in their order. The other objects serve the SLOs, and are checked no
// further. The warnings have what OpenSLO says and an objective cannot, and what is missing: an objective without a subject is no valid
// one before a person names what it is about. An SLO that means something else than an objective can is an error, and so is a file that is
// no OpenSLO. Errors are joined.
func Read(r io.Reader) ([]blueprint.Objective, []Warning, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, nil, fmt.Errorf("openslo: read the file: %w", err)
	}
	if len(data) > MaxFile {
		return nil, nil, fmt.Errorf("openslo: the file has more than %d bytes: split it", MaxFile)
	}
	in := &reader{indicators: map[string]*object{}}
	if err := in.parse(data); err != nil {
		return nil, nil, err
	}
	for i := range in.objects {
		if o := &in.objects[i]; o.Kind == "SLO" {
			in.slo(o)
		}
	}
	if len(in.list)+len(in.faults) == 0 {
		return nil, in.warnings, errors.New("openslo: the file has no object of the kind SLO: name a file that has some")
	}
	return in.list, in.warnings, errors.Join(in.faults...)
}

// object is what Read knows of an object of OpenSLO.
type object struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name        string         `yaml:"name"`
		DisplayName string         `yaml:"displayName"`
		Annotations map[string]any `yaml:"annotations"`
	} `yaml:"metadata"`
	Spec struct {
		Description     string `yaml:"description"`
		Indicator       *sli   `yaml:"indicator"`
		IndicatorRef    string `yaml:"indicatorRef"`
		BudgetingMethod string `yaml:"budgetingMethod"`
		TimeWindow      []struct {
			Duration  string `yaml:"duration"`
			IsRolling bool   `yaml:"isRolling"`
			Calendar  *struct {
				StartTime string `yaml:"startTime"`
				TimeZone  string `yaml:"timeZone"`
			} `yaml:"calendar"`
		} `yaml:"timeWindow"`
		Objectives      []promised `yaml:"objectives"`
		AlertPolicies   []any      `yaml:"alertPolicies"`
		ThresholdMetric any        `yaml:"thresholdMetric"`
	} `yaml:"spec"`
}

// promised is one target of an SLO.
type promised struct {
	Target        *float64 `yaml:"target"`
	TargetPercent *float64 `yaml:"targetPercent"`
	Value         *float64 `yaml:"value"`
	Op            string   `yaml:"op"`
	Indicator     any      `yaml:"indicator"`
	IndicatorRef  string   `yaml:"indicatorRef"`
}

// sli is an indicator.
type sli struct {
	Spec struct {
		ThresholdMetric any `yaml:"thresholdMetric"`
	} `yaml:"spec"`
}

// reader collects what is read.
type reader struct {
	objects    []object
	indicators map[string]*object
	list       []blueprint.Objective
	warnings   []Warning
	faults     []error
}

// parse reads the documents.
func (in *reader) parse(data []byte) error {
	d := yaml.NewDecoder(bytes.NewReader(data))
	for n := 1; ; n++ {
		var o object
		err := d.Decode(&o)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("openslo: document %d: %w", n, err)
		}
		switch {
		case o.Kind == "" && o.APIVersion == "":
			continue // an empty document
		case o.APIVersion != "openslo/v1":
			return fmt.Errorf("openslo: document %d has the apiVersion %.80q: only openslo/v1 is known", n, o.APIVersion)
		}
		in.objects = append(in.objects, o)
	}
	for i := range in.objects {
		if o := &in.objects[i]; o.Kind == "SLI" {
			in.indicators[o.Metadata.Name] = o
		}
	}
	return nil
}

func (in *reader) warn(o *object, format string, args ...any) {
	in.warnings = append(in.warnings, Warning{o.Kind + " " + o.Metadata.Name, fmt.Sprintf(format, args...)})
}

// slo makes an objective, or notes why there is none.
func (in *reader) slo(o *object) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	made := blueprint.Objective{Name: o.Metadata.Name, Description: blueprint.OneLine(o.Spec.Description)}
	about, err := annotated(&made, o.Metadata.Annotations)
	if err != nil {
		faults = append(faults, err)
	}
	if o.Spec.BudgetingMethod != "Occurrences" {
		fault("the budgetingMethod is %.40q, and an objective counts occurrences: it has no time slices", o.Spec.BudgetingMethod)
	}
	if in.thresholds(o) {
		fault("the indicator is the threshold of a metric, and an objective counts events that are good or bad: count them instead")
	}
	switch n := len(o.Spec.Objectives); {
	case n != 1:
		fault("it has %d objectives, and an objective has one target: write an SLO for each", n)
	case o.Spec.Objectives[0].Indicator != nil || o.Spec.Objectives[0].IndicatorRef != "":
		fault("it is a composite, whose weights mean something else than those of an objective: write the composite in the blueprint")
	default:
		share, err := share(o.Spec.Objectives[0].Target, o.Spec.Objectives[0].TargetPercent)
		made.Target = share
		if err != nil {
			faults = append(faults, err)
		}
	}
	if made.Window, err = window(o); err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 {
		for _, f := range faults {
			in.faults = append(in.faults, fmt.Errorf("openslo: SLO %.80s: %w", o.Metadata.Name, f))
		}
		return
	}
	if w := o.Spec.TimeWindow[0]; w.Calendar != nil && w.Calendar.TimeZone != "" {
		in.warn(o, "counts its periods in %s: an objective has the zone of its blueprint, so write zone: %[1]s there", w.Calendar.TimeZone)
	}
	if !about {
		in.warn(o, "has a query, which says nothing of journeys: add what the objective is about (journey, promise, touchpoint or survey) and what is good")
	}
	if len(o.Spec.AlertPolicies) > 0 {
		in.warn(o, "has alert policies, which a blueprint does not have: cairn generate prometheus makes the alerts from the target and the window")
	}
	in.list = append(in.list, made)
}

// thresholds reports whether the indicator of an SLO compares a metric with a number.
func (in *reader) thresholds(o *object) bool {
	if i := in.indicators[o.Spec.IndicatorRef]; i != nil && i.Spec.ThresholdMetric != nil {
		return true
	}
	return o.Spec.Indicator != nil && o.Spec.Indicator.Spec.ThresholdMetric != nil ||
		slices.ContainsFunc(o.Spec.Objectives, func(t promised) bool { return t.Op != "" || t.Value != nil })
}

// share returns the target. The decimal digits of a percentage stay what they are.
func share(target, percent *float64) (blueprint.Share, error) {
	var text string
	switch {
	case target != nil && percent != nil:
		return 0, errors.New("it has both a target and a targetPercent: remove one")
	case target != nil:
		text = strconv.FormatFloat(*target, 'f', -1, 64)
	case percent != nil:
		text = strconv.FormatFloat(*percent, 'f', -1, 64) + "%"
	default:
		return 0, errors.New("it has no target: add one")
	}
	s, err := blueprint.ParseShare(text)
	if err != nil || s >= 1 {
		return 0, fmt.Errorf("the target is %s: an objective has one of more than 0%% and less than 100%%", text)
	}
	return s, nil
}

// window returns the window of an SLO.
func window(o *object) (slo.Window, error) {
	if n := len(o.Spec.TimeWindow); n != 1 {
		return slo.Window{}, fmt.Errorf("it has %d time windows, and an objective has one", n)
	}
	w := &o.Spec.TimeWindow[0]
	if w.Calendar == nil {
		if !w.IsRolling {
			return slo.Window{}, errors.New("its time window is neither rolling nor one of a calendar: add isRolling: true, or a calendar")
		}
		made, err := slo.ParseWindow(w.Duration)
		if err != nil || made.Period != 0 {
			return slo.Window{}, fmt.Errorf("its window is %.40q, and an objective has 1d to %dd or whole weeks", w.Duration, slo.MaxDays)
		}
		return made, nil
	}
	period, ok := map[string]slo.Period{"1w": slo.CalendarWeek, "1M": slo.CalendarMonth, "1Q": slo.CalendarQuarter}[w.Duration]
	if !ok {
		return slo.Window{}, fmt.Errorf("its window is a period of %.40q, and an objective has those of 1w, 1M and 1Q", w.Duration)
	}
	if !begins(period, w.Calendar.StartTime) {
		return slo.Window{}, fmt.Errorf("its periods are counted from %.40q, and those of an objective begin on a Monday, or on the first of a month or quarter, at midnight", w.Calendar.StartTime)
	}
	return slo.Window{Period: period}, nil
}

// begins reports whether a period of the calendar begins at the time, as the clocks of the SLO's zone show it.
func begins(p slo.Period, text string) bool {
	at, err := time.Parse(time.DateTime, strings.TrimSuffix(strings.Replace(text, "T", " ", 1), "Z"))
	if err != nil {
		return false
	}
	from, _ := slo.Window{Period: p}.Bounds(at)
	return from.Equal(at)
}
