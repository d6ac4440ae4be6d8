package io.vigil.job.feature;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.record.SpecChange;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeatureSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SpecTimelineTest {
  private static final String START = spec("start", "a");

  private static String spec(String name, String... features) {
    StringBuilder yaml = new StringBuilder("name: " + name + "\nversion: 1\nfeatures:\n");
    for (String feature : features) {
      yaml.append("- {name: ").append(feature).append(", expression: amount + 1}\n");
    }
    return yaml.toString();
  }

  private static List<String> names(SpecTimeline timeline, long atMs) {
    return timeline.at(atMs).spec().features().stream().map(Feature::name).toList();
  }

  /** Held against a fold by hand over what stands first under each id. */
  @Property(tries = 200)
  void isAFunctionOfTheRecordsInWhateverOrderTheyComeToBeKnown(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 8) int count) {
    Random random = new Random(seed);
    List<SpecChange> changes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String spec = spec("s" + i, "f" + random.nextInt(4), "f" + (4 + random.nextInt(4)));
      // Records that stand one behind the other may take effect at one time.
      changes.add(
          new SpecChange(
              "d" + random.nextInt(5), i / 2 * 25L, 0, i, random.nextInt(4) == 0 ? "" : spec));
    }
    List<SpecChange> shuffled = new ArrayList<>(changes);
    Collections.shuffle(shuffled, random);
    SpecTimeline timeline = new SpecTimeline(START);
    shuffled.forEach(timeline::add);

    Map<String, SpecChange> first = new HashMap<>();
    changes.forEach(change -> first.putIfAbsent(change.id(), change));
    List<SpecChange> ordered = new ArrayList<>(first.values());
    ordered.sort(Comparator.comparingLong(SpecChange::offset));
    for (long atMs = -1; atMs < 140; atMs++) {
      FeatureSpec expected = FeatureSpec.read(START, "start");
      for (SpecChange change : ordered) {
        if (change.fromMs() <= atMs && !change.spec().isEmpty()) {
          expected = expected.with(FeatureSpec.read(change.spec(), "change"));
        }
      }
      assertThat(timeline.at(atMs).spec()).isEqualTo(expected);
      assertThat(timeline.sinceMs(atMs)).isLessThanOrEqualTo(atMs);
      assertThat(timeline.nextMs(atMs)).isGreaterThan(atMs);
    }
  }

  @Test
  void eachKnowsThoseBeforeItAndWhenTheyEnded() {
    SpecTimeline timeline = new SpecTimeline(START, Map.of(spec("old", "o"), 5L), Long.MIN_VALUE);
    timeline.add(new SpecChange("d1", 20, 0, 1, spec("one", "b")));
    timeline.add(new SpecChange("d2", 30, 0, 2, spec("two", "c")));

    String one = FeatureSpec.joined(START, spec("one", "b"));
    assertThat(timeline.at(19).earlier()).isEqualTo(Map.of(spec("old", "o"), 5L));
    assertThat(timeline.at(20).earlier()).isEqualTo(Map.of(spec("old", "o"), 5L, START, 19L));
    assertThat(timeline.newest().earlier())
        .isEqualTo(Map.of(spec("old", "o"), 5L, START, 19L, one, 29L));
    assertThat(timeline.newest()).isSameAs(timeline.at(Long.MAX_VALUE));
  }

  @Test
  void whatHeldBeforeAnotherStartHoldsFromTheBeginningOfIt() {
    SpecTimeline timeline = new SpecTimeline(START, Map.of(spec("old", "o"), 25L), 25);
    timeline.add(new SpecChange("d1", 20, 0, 1, spec("one", "b")));
    timeline.add(new SpecChange("d2", 30, 0, 2, spec("two", "c")));

    assertThat(names(timeline, Long.MIN_VALUE)).containsExactly("a", "b");
    assertThat(timeline.at(26).earlier()).isEqualTo(Map.of(spec("old", "o"), 25L));
    assertThat(names(timeline, 30)).containsExactly("a", "b", "c");
  }

  @Test
  void whatDoesNotFitAnotherStartIsLeftOutAndTheRestHolds() {
    SpecTimeline timeline = new SpecTimeline(spec("other", "a", "b"));
    timeline.addAll(
        List.of(
            new SpecChange("d1", 20, 0, 1, spec("one", "b").replace("+ 1", "+ 2")),
            new SpecChange("d2", 30, 0, 2, "rubbish"),
            new SpecChange("d3", 40, 0, 3, spec("three", "c"))));

    assertThat(names(timeline, 39)).containsExactly("a", "b");
    assertThat(names(timeline, 40)).containsExactly("a", "b", "c");
  }
}
