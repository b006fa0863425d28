package diagram

// style is the style sheet: the light colours, then what is different in the dark.
const style = `
text{font-family:ui-sans-serif,system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif}
.detail,.branch{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
.paper{fill:#f7f8fa}
.card{fill:#fff;stroke:#d3d8e0}
.title{font-size:14px;font-weight:600;fill:#1b2330}
.detail{font-size:11px;fill:#6a7485}
.way{text-anchor:end}
.row{font-size:12.5px;fill:#2b3546}
.branch{font-size:12px;fill:#2456a6}
.branch.aside{fill:#6b4ba1}
.row.error{fill:#b3362b}
.rule{stroke:#e7eaef;fill:none}
.mark{fill:#8893a5}
.source .mark{fill:#0f8a6d}
.flow .mark{fill:#2f6fd6}
.sink .mark{fill:#8a5cc9}
.dead .mark{fill:#cf4a3d}
.line{fill:none;stroke-width:1.5}
.plain{stroke:#7c8aa0}.aside{stroke:#8f74c4}.error{stroke:#d58c85}
.line.aside{stroke-dasharray:5 3}
.line.error{stroke-dasharray:2 3}
.tip,.port{stroke:none}
.tip.plain,.port.plain{fill:#7c8aa0}.tip.aside,.port.aside{fill:#8f74c4}.tip.error,.port.error{fill:#d58c85}
text.aside,text.error{stroke:none}
@media (prefers-color-scheme:dark){
.paper{fill:#14181f}
.card{fill:#1d232d;stroke:#39424f}
.title{fill:#eef1f6}
.detail{fill:#97a2b3}
.row{fill:#d5dbe5}
.branch{fill:#86b3f5}
.branch.aside{fill:#bfa5ee}
.row.error{fill:#f0938a}
.rule{stroke:#2b333f}
.source .mark{fill:#35c39d}.flow .mark{fill:#6aa2f5}.sink .mark{fill:#b48bea}.dead .mark{fill:#ee7b6f}
.plain{stroke:#8290a6}.aside{stroke:#a68be0}.error{stroke:#b0655e}
.tip.plain,.port.plain{fill:#8290a6}.tip.aside,.port.aside{fill:#a68be0}.tip.error,.port.error{fill:#b0655e}
text.aside,text.error{stroke:none}
}
`
