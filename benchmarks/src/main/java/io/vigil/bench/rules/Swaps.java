package io.vigil.bench.rules;

import io.vigil.job.ArtefactSet;
import io.vigil.job.decide.Judging;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Policy;
import io.vigil.model.rule.EntryList;
import io.vigil.model.rule.Lists;
import io.vigil.model.rule.RuleSet;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates without a pause, each evaluation timed, while another thread reads a list anew, again
 * and again. What the evaluating thread does with a list that is ready is what a deciding subtask
 * does before the first row of a changed list, and counts as a part of that evaluation.
 */
final class Swaps {
  private static final double NS_PER_US = 1_000.0;
  private static final double NS_PER_MS = 1_000_000.0;
  private static final long PAUSE_MS = 200;

  private final RuleSet rules;
  private final List<Workload.Payment> payments;
  private final byte[][] versions;
  private final int evaluateMs;
  private final ArtefactSet artefacts;
  private final AtomicReference<@Nullable EntryList> ready = new AtomicReference<>();
  private Lists lists;

  /**
   * @param artefacts whose policy and spec stand beside the rules
   * @param versions files of one list that take turns
   * @param seconds of each part
   */
  Swaps(
      ArtefactSet artefacts,
      RuleSet rules,
      List<Workload.Payment> payments,
      Lists lists,
      byte[][] versions,
      int seconds) {
    this.artefacts = artefacts;
    this.rules = rules;
    this.payments = payments;
    this.lists = lists;
    this.versions = versions.clone();
    this.evaluateMs = seconds * 1_000;
  }

  /**
   * Evaluation times.
   *
   * @param busy whether the other thread reads the list, which takes a core
   * @param swap whether the list is also put in force
   */
  Map<String, Object> run(boolean busy, boolean swap) throws InterruptedException {
    List<Long> readNs = new ArrayList<>();
    List<Long> swapNs = new ArrayList<>();
    Thread other = new Thread(() -> read(readNs, swap), "list-reader");
    Policy policy = artefacts.policy();
    FeatureSpec spec = artefacts.spec();
    Judging judging = artefacts.judging(rules, policy, spec, lists);
    long collectedMs = collectionMs();
    if (busy) {
      other.start();
    }
    Histogram histogram = new Histogram(3);
    long hits = 0;
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(evaluateMs);
    long before = System.nanoTime();
    for (int i = 0; before < end; i++) {
      EntryList changed = ready.getAndSet(null);
      if (changed != null) {
        lists = lists.with(changed);
        judging = artefacts.judging(rules, policy, spec, lists);
        swapNs.add(System.nanoTime() - before);
      }
      Workload.Payment payment = payments.get(i % payments.size());
      hits +=
          judging
              .rules()
              .evaluate(
                  payment,
                  payment.features(),
                  payment.score(),
                  judging.lists(),
                  payment.eventTimeMs())
              .hits()
              .size();
      long after = System.nanoTime();
      histogram.recordValue(after - before);
      before = after;
    }
    other.interrupt();
    other.join();
    // One that came too late is no part of the next run.
    ready.set(null);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("evaluations", histogram.getTotalCount());
    result.put("hits", hits);
    result.put("evaluation_us", percentiles(histogram));
    result.put("collection_ms", collectionMs() - collectedMs);
    result.put("lists_read", readNs.size());
    result.put("read_ms_median", median(readNs) / NS_PER_MS);
    result.put("swaps", swapNs.size());
    result.put("swap_us_median", median(swapNs) / NS_PER_US);
    result.put(
        "swap_us_max", swapNs.stream().mapToLong(Long::longValue).max().orElse(0) / NS_PER_US);
    return result;
  }

  private void read(List<Long> readNs, boolean swap) {
    try {
      for (int version = 0; !Thread.currentThread().isInterrupted(); version++) {
        long start = System.nanoTime();
        EntryList list = EntryList.read(versions[version % versions.length].clone(), "list");
        readNs.add(System.nanoTime() - start);
        if (swap) {
          ready.set(list);
        }
        Thread.sleep(PAUSE_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static double median(List<Long> figures) {
    long[] sorted = figures.stream().mapToLong(Long::longValue).sorted().toArray();
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
  }

  private static Map<String, Double> percentiles(Histogram histogram) {
    Map<String, Double> us = new LinkedHashMap<>();
    us.put("p50", histogram.getValueAtPercentile(50) / NS_PER_US);
    us.put("p99", histogram.getValueAtPercentile(99) / NS_PER_US);
    us.put("p999", histogram.getValueAtPercentile(99.9) / NS_PER_US);
    us.put("p9999", histogram.getValueAtPercentile(99.99) / NS_PER_US);
    us.put("max", histogram.getMaxValue() / NS_PER_US);
    return us;
  }

  private static long collectionMs() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionTime)
        .sum();
  }
}
