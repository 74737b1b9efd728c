/**
 * What shows a report: Preact components, used live on the page and for the file to keep (`toHtml`), and `report.css`, which
 * both need. Nothing here runs a benchmark or needs Node.
 */
export { CaseTable, COLUMNS, sortCases, type ColumnName, type Sorting } from './case-table';
export { toHtml } from './document';
export { Facts } from './facts';
export { HowToRead } from './how-to-read';
export { LeftOut } from './left-out';
export { Notes } from './notes';
export { PeakShareChart } from './peak-share';
export { arithmeticIntensity, Roofline, rooflinePoints, type RooflinePoint } from './roofline';
export { ThroughputChart } from './throughput';
export { Verdict } from './verdict';
export { isMeasured, type ReportView } from './view';
export { WrongTileView } from './wrong-tile';
