package io.vigil.bench.latency;

import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * A step as it was measured.
 *
 * @param found what stands in its decisions
 * @param seconds latencies of each second of the schedule, microseconds
 * @param startMs when the part that counts began, milliseconds since the epoch
 * @param cpuS processor seconds meanwhile, by process; {@code others} is the rest of the machine,
 *     {@code stolen} what its host kept back
 * @param loadBefore load average over a minute before the step
 * @param loadAfter and after it
 */
public record Step(
    StepFigures figures,
    Contents.Found found,
    List<Histogram> seconds,
    long startMs,
    Map<String, Double> cpuS,
    double loadBefore,
    double loadAfter) {}
