package superset

// A chartType says which parameters of a chart name dimensions and measures.
// Charts keep parameters of types that they once were, so others do not count.
type chartType struct {
	temporal   bool // its axis is the column granularity_sqla, in steps of time_grain_sqla
	dimensions []string
	measures   []string
}

var (
	timeseries = chartType{temporal: true, dimensions: []string{"x_axis", "groupby"}, measures: []string{"metrics"}}
	oneMetric  = chartType{dimensions: []string{"groupby"}, measures: []string{"metric"}}
	metrics    = chartType{dimensions: []string{"groupby"}, measures: []string{"metrics"}}
	pivot      = chartType{dimensions: []string{"groupby", "columns"}, measures: []string{"metrics"}}
	links      = chartType{dimensions: []string{"source", "target"}, measures: []string{"metric"}}
	places     = chartType{dimensions: []string{"entity"}, measures: []string{"metric", "secondary_metric"}}
	bubbles    = chartType{dimensions: []string{"series", "entity"}, measures: []string{"x", "y", "size"}}
)

// chartTypes holds the types of charts whose parameters are known.
var chartTypes = map[string]chartType{
	"area":                       timeseries,
	"bar":                        timeseries,
	"big_number":                 {temporal: true, dimensions: []string{"x_axis"}, measures: []string{"metric"}},
	"big_number_total":           {measures: []string{"metric"}},
	"box_plot":                   pivot,
	"bubble":                     bubbles,
	"bubble_v2":                  bubbles,
	"chord":                      {dimensions: []string{"groupby", "columns"}, measures: []string{"metric"}},
	"compare":                    timeseries,
	"country_map":                places,
	"dist_bar":                   pivot,
	"echarts_area":               timeseries,
	"echarts_timeseries":         timeseries,
	"echarts_timeseries_bar":     timeseries,
	"echarts_timeseries_line":    timeseries,
	"echarts_timeseries_scatter": timeseries,
	"echarts_timeseries_smooth":  timeseries,
	"echarts_timeseries_step":    timeseries,
	"funnel":                     oneMetric,
	"gauge_chart":                oneMetric,
	"graph_chart":                links,
	"heatmap":                    {dimensions: []string{"all_columns_x", "all_columns_y"}, measures: []string{"metric"}},
	"heatmap_v2":                 {dimensions: []string{"x_axis", "groupby"}, measures: []string{"metric"}},
	"histogram":                  {dimensions: []string{"all_columns_x", "groupby"}},
	"histogram_v2":               {dimensions: []string{"column", "groupby"}},
	"horizon":                    timeseries,
	"line":                       timeseries,
	"pie":                        oneMetric,
	"pivot_table":                pivot,
	"pivot_table_v2":             {dimensions: []string{"groupbyRows", "groupbyColumns"}, measures: []string{"metrics"}},
	"radar":                      metrics,
	"sankey":                     oneMetric,
	"sankey_v2":                  links,
	"sunburst":                   {dimensions: []string{"groupby"}, measures: []string{"metric", "secondary_metric"}},
	"sunburst_v2":                {dimensions: []string{"columns"}, measures: []string{"metric", "secondary_metric"}},
	"table":                      metrics,
	"treemap":                    metrics,
	"treemap_v2":                 oneMetric,
	"waterfall":                  {dimensions: []string{"x_axis", "groupby"}, measures: []string{"metric"}},
	"word_cloud":                 {dimensions: []string{"series"}, measures: []string{"metric"}},
	"world_map":                  places,
}

// grains are Superset's time grains, ISO 8601 durations, that models have too.
var grains = map[string]string{
	"PT1S": "second", "PT1M": "minute", "PT1H": "hour", "P1D": "day", "P1W": "week",
	"P1M": "month", "P3M": "quarter", "P0.25Y": "quarter", "P1Y": "year",
}

// unexpressed are parameters that change what a chart shows and that queries
// have no words for.
var unexpressed = []struct{ param, reason string }{
	{"percent_metrics", noPercentages},
	{"contribution", noPercentages},
	{"contributionMode", noPercentages},
	{"limit", noSeriesLimit},
	{"series_limit", noSeriesLimit},
	{"rolling_type", noWindow},
	{"resample_rule", noWindow},
	{"time_compare", noComparison},
	{"compare_lag", noComparison},
	{"annotation_layers", noAnnotation},
	{"having", noCondition},
	{"where", noCondition},
}
