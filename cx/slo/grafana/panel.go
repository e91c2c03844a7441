package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// kind is how a panel shows its queries.
type kind int

const (
	number kind = iota // one number, or one for each series
	bars               // a bar for each series
	lines              // over time
)

// query is one query of a panel. Numbers and bars ask for one moment.
type query struct {
	expr, legend string
	buckets      bool // of a histogram: Grafana makes counts of each from the cumulative ones
}

// panel is one panel. Width and height are in units of Grafana's grid, which is 24 wide.
type panel struct {
	kind          kind
	title, about  string
	unit          string
	width, height uint32
	most          float64 // of the axis; 0 is none. The least is then 0
	steps         []step
	stacked       bool
	none          string // what is shown without data
	runbook       string
	queries       []query // at most 8
}

// step is a threshold: the colour from a value on.
type step struct {
	from  float64
	color string
}

// Colours of Grafana that are told apart by people who do not see red and green.
const (
	red    = "dark-red"
	yellow = "semi-dark-yellow"
	green  = "semi-dark-green"
	blue   = "semi-dark-blue"
)

// row is a row with its panels. A folded one asks nothing before it is opened.
type row struct {
	title  string
	folded bool
	panels []panel
}

// The widths and heights of panels, and the units of their values.
const (
	grid     = 24
	sixth    = 4
	quarter  = 6
	third    = 8
	half     = 12
	low      = 4
	high     = 8
	shares   = units.PercentUnit
	seconds  = units.Seconds
	plain    = units.Short
	minutely = "1m" // the least distance of points, because a process exports its metrics about once a minute
)

func source() common.DataSourceRef {
	return common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr("${datasource}")}
}

// target makes the query of the SDK. The names of queries are A, B and so on.
func (q query) target(i int, instant bool) *prometheus.DataqueryBuilder {
	t := prometheus.NewDataqueryBuilder().RefId("ABCDEFGH"[i : i+1]).Expr(q.expr).Datasource(source())
	if q.legend != "" {
		t.LegendFormat(q.legend)
	}
	if instant {
		t.Instant()
	} else {
		t.Range()
	}
	if q.buckets {
		t.Format(prometheus.PromQueryFormatHeatmap)
	} else {
		t.Format(prometheus.PromQueryFormatTimeSeries)
	}
	return t
}

// thresholds makes the thresholds of the SDK. The first step has no lower limit.
func (p *panel) thresholds() *dashboard.ThresholdsConfigBuilder {
	steps := []dashboard.Threshold{{Color: blue}}
	if len(p.steps) > 0 {
		steps = make([]dashboard.Threshold, 0, len(p.steps))
		for i, s := range p.steps {
			t := dashboard.Threshold{Color: s.color}
			if i > 0 {
				t.Value = cog.ToPtr(s.from)
			}
			steps = append(steps, t)
		}
	}
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(steps)
}

// builder is what the builders of the panels have in common.
type builder[T any] interface {
	cog.Builder[dashboard.Panel]
	Id(uint32) T
	Title(string) T
	Description(string) T
	Datasource(common.DataSourceRef) T
	GridPos(dashboard.GridPos) T
	Unit(string) T
	NoValue(string) T
	Min(float64) T
	Max(float64) T
	Interval(string) T
	Thresholds(cog.Builder[dashboard.ThresholdsConfig]) T
	WithTarget(cog.Builder[variants.Dataquery]) T
	Links([]cog.Builder[dashboard.DashboardLink]) T
}

// fill sets what every panel has.
func fill[T builder[T]](b T, p *panel, id uint32, at dashboard.GridPos) T {
	b.Id(id).Title(p.title).Description(p.about).Datasource(source()).GridPos(at).Unit(p.unit).Interval(minutely).Thresholds(p.thresholds())
	if p.none != "" {
		b.NoValue(p.none)
	}
	if p.most != 0 {
		b.Min(0).Max(p.most)
	}
	if p.runbook != "" {
		b.Links([]cog.Builder[dashboard.DashboardLink]{dashboard.NewDashboardLinkBuilder("Runbook").Type(dashboard.DashboardLinkTypeLink).Url(p.runbook).TargetBlank(true)})
	}
	for i, q := range p.queries {
		b.WithTarget(q.target(i, p.kind != lines))
	}
	return b
}

// build makes the panel of the SDK.
func (p *panel) build(id uint32, at dashboard.GridPos) cog.Builder[dashboard.Panel] {
	last := common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}).Values(false)
	color := dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds)
	switch p.kind {
	case number:
		return fill(stat.NewPanelBuilder(), p, id, at).ReduceOptions(last).ColorScheme(color).GraphMode(common.BigValueGraphModeNone).
			ColorMode(common.BigValueColorModeValue).TextMode(common.BigValueTextModeAuto)
	case bars:
		return fill(bargauge.NewPanelBuilder(), p, id, at).ReduceOptions(last).ColorScheme(color).Orientation(common.VizOrientationHorizontal).
			DisplayMode(common.BarGaugeDisplayModeBasic)
	default:
		b := fill(timeseries.NewPanelBuilder(), p, id, at).LineWidth(1).ShowPoints(common.VisibilityModeNever).
			Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom)).
			Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending))
		if p.stacked {
			b.FillOpacity(40).Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal))
		}
		if len(p.steps) > 0 {
			b.ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed))
		}
		return b
	}
}

// layout puts the rows below each other, and their panels from left to right.
func layout(d *dashboard.DashboardBuilder, rows []row) { //nolint:staticcheck // the classic form is what Grafana imports from a file; version 2 needs a new Grafana
	id, y := uint32(0), uint32(0)
	next := func() uint32 { id++; return id }
	for _, r := range rows {
		b := dashboard.NewRowBuilder(r.title).Id(next()).Collapsed(r.folded).GridPos(dashboard.GridPos{X: 0, Y: y, W: grid, H: 1})
		y++
		panels := make([]cog.Builder[dashboard.Panel], 0, len(r.panels))
		x, below := uint32(0), uint32(0)
		for i := range r.panels {
			p := &r.panels[i]
			if x+p.width > grid {
				x, y, below = 0, y+below, 0
			}
			panels = append(panels, p.build(next(), dashboard.GridPos{X: x, Y: y, W: p.width, H: p.height}))
			x, below = x+p.width, max(below, p.height)
		}
		y += below
		if r.folded {
			for _, p := range panels {
				b.WithPanel(p)
			}
			d.WithRow(b)
			continue
		}
		d.WithRow(b)
		for _, p := range panels {
			d.WithPanel(p)
		}
	}
}
