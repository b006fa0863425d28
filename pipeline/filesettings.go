package pipeline

// FileSettings are the settings of a pipeline.yaml that belong to no stage, source, sink
// or state store. Each is a settings struct with its defaults, for what describes a file
// rather than reads one.
type FileSettings struct {
	File  any // the whole file
	Flow  any // one of its flows
	Stage any // beside the type of a stage
	Sink  any // beside the type of a sink
	Spool any // what `spool` of a source says
}

// PresetSettings are the settings of a file that describes a preset, as [FileSettings] are
// those of a pipeline.yaml.
type PresetSettings struct {
	File      any // the whole file
	Parameter any // one of its parameters
	Source    any // beside the type of a source
	Stage     any // beside the type of a stage
}

// DescribePreset returns what a file that describes a preset consists of.
func DescribePreset() PresetSettings {
	return PresetSettings{File: presetFile{}, Parameter: presetParameter{}, Source: presetSourceOptions{}, Stage: presetStageOptions{}}
}

// DescribeFile returns what a file consists of.
func DescribeFile() FileSettings {
	return FileSettings{
		File: fileConfig{StopTimeout: defaultStopTimeout, Plugins: defaultPlugins, Tracing: &defaultTracing}, Flow: defaultFlow,
		Stage: stageOptions{}, Sink: sinkOptions{}, Spool: defaultSpoolConfig,
	}
}
