// The parts of Apache ECharts that reports use; scripts/deps.sh makes one file of them.
export { init } from 'echarts/core';
import { use } from 'echarts/core';
import { BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from 'echarts/charts';
import {
    AriaComponent, DataZoomInsideComponent, DataZoomSliderComponent, GridComponent, LegendComponent, MarkLineComponent,
    TooltipComponent, VisualMapContinuousComponent,
} from 'echarts/components';
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers';

use([
    BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart, AriaComponent, DataZoomInsideComponent,
    DataZoomSliderComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent,
    VisualMapContinuousComponent, CanvasRenderer, SVGRenderer,
]);
