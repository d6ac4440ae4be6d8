package io.vigil.job.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.approval.Alias;
import io.vigil.model.approval.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final List<Change> INITIAL =
      List.of(
          initial(Kind.MODEL, Alias.CHAMPION, "a"),
          initial(Kind.MODEL, Alias.SHADOW, "s"),
          initial(Kind.RULE_SET, Alias.CHAMPION, "r"),
          initial(Kind.POLICY, Alias.CHAMPION, "p"));

  @Test
  void aChangeHoldsFromItsTimeOn() {
    Schedule schedule = new Schedule(INITIAL);
    schedule.add(change("1", Alias.CHAMPION, "b", 0, 100));

    assertThat(schedule.at(99).champion().digest()).isEqualTo("a");
    assertThat(schedule.at(100).champion().digest()).isEqualTo("b");
    assertThat(schedule.sinceMs(150)).isEqualTo(100);
    assertThat(schedule.nextMs(99)).isEqualTo(100);
    assertThat(schedule.earlier(Kind.MODEL, 99, true)).containsExactly("a");
    assertThat(schedule.earlier(Kind.MODEL, 100, true)).containsExactly("b", "a");
  }

  @Test
  void ofTwoAtOneTimeTheLaterIdCounts() {
    Schedule schedule = new Schedule(INITIAL);
    schedule.add(change("10", Alias.CHAMPION, "c", 0, 100));
    schedule.add(change("9", Alias.CHAMPION, "b", 0, 100));

    assertThat(schedule.at(100).champion().digest()).isEqualTo("c");
  }

  @Test
  void aChallengerGrowsEndsAndIsPromoted() {
    Schedule schedule = new Schedule(INITIAL);
    schedule.add(change("1", Alias.CHALLENGER, "b", 500, 100));
    schedule.add(change("2", Alias.CHALLENGER, "b", 5_000, 200));
    schedule.add(change("3", Alias.CHALLENGER, "b", 0, 300));
    schedule.add(change("4", Alias.CHALLENGER, "b", 5_000, 400));
    schedule.add(change("5", Alias.CHAMPION, "b", 0, 500));
    schedule.add(change("6", Alias.CHAMPION, "a", 0, 600));

    assertThat(schedule.at(99).challenger()).isNull();
    assertThat(schedule.at(100).challenger().shareBasisPoints()).isEqualTo(500);
    assertThat(schedule.at(200).challenger().shareBasisPoints()).isEqualTo(5_000);
    assertThat(schedule.at(300).challenger()).isNull();
    assertThat(schedule.at(400).challenger().digest()).isEqualTo("b");
    assertThat(schedule.at(500).champion().digest()).isEqualTo("b");
    assertThat(schedule.at(500).challenger()).isNull();
    // Rolled back: the canary does not come back with it.
    assertThat(schedule.at(600).champion().digest()).isEqualTo("a");
    assertThat(schedule.at(600).challenger()).isNull();
  }

  @Test
  void aShadowTakesThePlaceOfAnotherAndNoneScoresBesideItself() {
    Schedule schedule = new Schedule(INITIAL);
    schedule.add(change("1", Alias.SHADOW, "t", 10_000, 100));
    schedule.add(change("2", Alias.SHADOW, "b", 10_000, 200));
    schedule.add(change("3", Alias.CHAMPION, "b", 0, 300));
    schedule.add(change("4", Alias.CHAMPION, "s", 0, 400));
    schedule.add(change("5", Alias.CHAMPION, "a", 0, 500));
    schedule.add(change("6", Alias.SHADOW, "t", 10_000, 600));
    schedule.add(change("7", Alias.SHADOW, "t", 0, 700));

    assertThat(shadows(schedule, 0)).containsExactly("s");
    assertThat(shadows(schedule, 100)).containsExactly("s", "t");
    assertThat(shadows(schedule, 200)).containsExactly("b", "s");
    assertThat(shadows(schedule, 300)).containsExactly("s");
    assertThat(shadows(schedule, 400)).isEmpty();
    assertThat(shadows(schedule, 500)).isEmpty();
    assertThat(shadows(schedule, 600)).containsExactly("t");
    assertThat(shadows(schedule, 700)).isEmpty();
  }

  @Test
  void aReturnTakesBackOneChangeAndNoOther() {
    Schedule schedule = new Schedule(INITIAL);
    schedule.add(change("1", Alias.CHALLENGER, "b", 500, 100));
    schedule.add(back("2", Alias.CHALLENGER, "b", "1", 200));
    schedule.add(change("3", Alias.CHALLENGER, "b", 500, 300));
    // Too late: another one has its place. And of one that never was.
    schedule.add(back("4", Alias.CHALLENGER, "b", "1", 400));
    schedule.add(back("5", Alias.SHADOW, "t", "9", 400));
    schedule.add(change("6", Alias.CHAMPION, "c", 0, 500));
    schedule.add(back("7", Alias.CHAMPION, "a", "6", 600));
    schedule.add(change("8", Alias.CHAMPION, "d", 0, 700));
    schedule.add(back("90", Alias.CHAMPION, "a", "6", 800));

    assertThat(schedule.at(100).challenger().digest()).isEqualTo("b");
    assertThat(schedule.at(200).challenger()).isNull();
    assertThat(schedule.at(400).challenger().id()).isEqualTo("3");
    assertThat(schedule.at(500).champion().digest()).isEqualTo("c");
    assertThat(schedule.at(600).champion().digest()).isEqualTo("a");
    assertThat(schedule.at(800).champion().digest()).isEqualTo("d");
    assertThat(schedule.before(schedule.at(500).champion()).digest()).isEqualTo("a");
    assertThat(schedule.before(schedule.at(700).champion()).digest()).isEqualTo("a");
    assertThat(schedule.before(schedule.at(0).champion())).isNull();
  }

  @Test
  void aReturnHoldsAfterARestoreWhateverCameBetween() {
    Schedule schedule = new Schedule(INITIAL);
    schedule.add(change("1", Alias.CHAMPION, "b", 0, 100));
    schedule.add(glass("2", "c", 110, 120));
    schedule.add(glass("3", "d", 130, 140));
    schedule.add(glass("4", "e", 150, 160));
    schedule.add(back("5", Alias.CHAMPION, "a", "1", 200));
    Schedule restored = new Schedule(INITIAL);
    schedule.needed(250).forEach(restored::add);

    assertThat(schedule.at(250).champion().id()).isEqualTo("5");
    assertThat(restored.at(250)).isEqualTo(schedule.at(250));
  }

  @Test
  void aChangeOfACheckpointBeforeThereWereWatchesIsRead() throws Exception {
    Change change = change("1", Alias.CHALLENGER, "b", 500, 100);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Change.WIRE.write(change, new DataOutputStream(bytes));
    byte[] first = Arrays.copyOf(bytes.toByteArray(), bytes.size() - 2);
    first[0] = 1;

    assertThat(Change.WIRE.read(new DataInputStream(new ByteArrayInputStream(first))))
        .isEqualTo(change);
  }

  private static Change back(String id, Alias alias, String digest, String returns, long fromMs) {
    return new Change(
        id,
        Kind.MODEL,
        alias,
        digest,
        "1",
        digest,
        0,
        fromMs,
        Long.MAX_VALUE,
        false,
        null,
        returns);
  }

  @Test
  void whatCameByBreakingTheGlassGivesWayToWhatWasThere() {
    Schedule schedule = new Schedule(INITIAL);
    schedule.add(glass("1", "b", 100, 200));
    schedule.add(glass("2", "c", 150, 180));
    schedule.add(glass("3", "d", 300, 400));
    schedule.add(change("4", Alias.CHAMPION, "e", 0, 350));

    assertThat(schedule.at(120).champion().digest()).isEqualTo("b");
    assertThat(schedule.at(160).champion().digest()).isEqualTo("c");
    assertThat(schedule.at(180).champion().digest()).isEqualTo("b");
    assertThat(schedule.at(200).champion().digest()).isEqualTo("a");
    assertThat(schedule.at(320).champion().digest()).isEqualTo("d");
    assertThat(schedule.at(400).champion().digest()).as("was replaced before").isEqualTo("e");
    assertThat(schedule.earlier(Kind.MODEL, 400, true)).containsExactly("e", "a");
    assertThat(schedule.earlier(Kind.MODEL, 400, false)).containsExactly("e", "d", "c", "b", "a");
  }

  @Test
  void rulesAndPolicyHavePlacesOfTheirOwn() {
    Schedule schedule = new Schedule(INITIAL);
    schedule.add(of("1", Kind.RULE_SET, Alias.CHAMPION, "r2", 0, 100, Long.MAX_VALUE));
    schedule.add(of("2", Kind.POLICY, Alias.CHAMPION, "p2", 0, 200, Long.MAX_VALUE));

    assertThat(schedule.at(100).ruleSet().digest()).isEqualTo("r2");
    assertThat(schedule.at(100).policy().digest()).isEqualTo("p");
    assertThat(schedule.at(200).policy().digest()).isEqualTo("p2");
    assertThat(schedule.at(200).champion().digest()).isEqualTo("a");
  }

  @Test
  void eachListHasAPlaceOfItsOwn() {
    List<Change> initial = new ArrayList<>(INITIAL);
    initial.add(initial(Kind.LIST, Alias.CHAMPION, "cards"));
    Schedule schedule = new Schedule(initial);
    schedule.add(list("1", "devices", "d1", 100, Long.MAX_VALUE));
    schedule.add(list("2", "cards", "c2", 200, Long.MAX_VALUE));
    schedule.add(list("3", "devices", "d2", 300, Long.MAX_VALUE));
    schedule.add(list("4", "devices", "d1", 400, 500));

    assertThat(lists(schedule, 99)).containsExactly("cards");
    assertThat(lists(schedule, 100)).containsExactly("cards", "d1");
    assertThat(lists(schedule, 200)).containsExactly("c2", "d1");
    assertThat(lists(schedule, 300)).containsExactly("c2", "d2");
    assertThat(lists(schedule, 400)).containsExactly("c2", "d1");
    assertThat(lists(schedule, 500)).containsExactly("c2", "d2");
    assertThat(schedule.earlierLists("devices", 500, true)).containsExactly("d2", "d1");
    assertThat(schedule.earlierLists("cards", 150, true)).containsExactly("cards");
    Standing planned = schedule.from(450, list("5", "cards", "c3", 460, Long.MAX_VALUE)).get(1);
    assertThat(planned.lists().get(0).digest()).isEqualTo("c3");
    assertThat(lists(schedule, 460)).as("only asked about").containsExactly("c2", "d1");
  }

  private static List<String> lists(Schedule schedule, long timeMs) {
    return schedule.at(timeMs).lists().stream().map(Change::digest).toList();
  }

  private static Change list(String id, String name, String digest, long fromMs, long untilMs) {
    return new Change(
        id,
        Kind.LIST,
        Alias.CHAMPION,
        name,
        "1",
        digest,
        0,
        fromMs,
        untilMs,
        untilMs != Long.MAX_VALUE,
        null,
        null);
  }

  @Test
  void theOrderInWhichChangesBecomeKnownAndWhatIsForgottenMatterNot() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      List<Change> changes = new ArrayList<>();
      for (int i = 0; i < 25; i++) {
        changes.add(random(random, Integer.toString(i)));
      }
      Schedule whole = new Schedule(INITIAL);
      changes.forEach(whole::add);
      Schedule shuffled = new Schedule(INITIAL);
      Collections.shuffle(changes, random);
      changes.forEach(shuffled::add);
      long forgottenMs = random.nextInt(220);
      Schedule restored = new Schedule(INITIAL);
      whole.needed(forgottenMs).forEach(restored::add);
      Schedule forgetful = new Schedule(INITIAL);
      changes.forEach(forgetful::add);
      for (long timeMs = 0; timeMs <= forgottenMs; timeMs += 7) {
        forgetful.forgetBefore(timeMs);
      }
      forgetful.forgetBefore(forgottenMs);
      for (long timeMs = 0; timeMs < 300; timeMs++) {
        Standing expected = whole.at(timeMs);
        assertThat(shuffled.at(timeMs)).as("seed %d time %d", seed, timeMs).isEqualTo(expected);
        if (timeMs >= forgottenMs) {
          assertThat(restored.at(timeMs)).as("seed %d time %d", seed, timeMs).isEqualTo(expected);
          assertThat(forgetful.at(timeMs)).as("seed %d time %d", seed, timeMs).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void whatIsKeptIsBounded() {
    Schedule schedule = new Schedule(INITIAL);
    for (int i = 0; i < 1_000; i++) {
      schedule.add(change(Integer.toString(i), Alias.values()[i % 3], "m" + i, 100, i));
      schedule.forgetBefore(i);
      assertThat(schedule.needed(i)).hasSizeLessThan(8);
    }
  }

  private static Change random(Random random, String id) {
    long fromMs = random.nextInt(200);
    boolean glass = random.nextInt(4) == 0;
    int kind = random.nextInt(9);
    if (kind == 8) {
      String name = random.nextBoolean() ? "cards" : "devices";
      long untilMs = glass ? fromMs + random.nextInt(60) : Long.MAX_VALUE;
      return list(id, name, name + random.nextInt(3), fromMs, untilMs);
    }
    return of(
        id,
        kind == 0 ? Kind.RULE_SET : kind == 1 ? Kind.POLICY : Kind.MODEL,
        kind < 2 ? Alias.CHAMPION : Alias.values()[random.nextInt(3)],
        List.of("a", "b", "c", "d", "s").get(random.nextInt(5)),
        random.nextInt(3) * 1_000,
        fromMs,
        glass ? fromMs + random.nextInt(60) : Long.MAX_VALUE);
  }

  private static List<String> shadows(Schedule schedule, long timeMs) {
    return schedule.at(timeMs).shadows().stream().map(Change::digest).toList();
  }

  private static Change initial(Kind kind, Alias alias, String digest) {
    return Change.initial(kind, alias, digest, "1", digest, Long.MIN_VALUE);
  }

  private static Change glass(String id, String digest, long fromMs, long untilMs) {
    return of(id, Kind.MODEL, Alias.CHAMPION, digest, 0, fromMs, untilMs);
  }

  private static Change change(String id, Alias alias, String digest, int share, long fromMs) {
    return of(id, Kind.MODEL, alias, digest, share, fromMs, Long.MAX_VALUE);
  }

  private static Change of(
      String id, Kind kind, Alias alias, String digest, int share, long fromMs, long untilMs) {
    return new Change(
        id,
        kind,
        alias,
        digest,
        "1",
        digest,
        share,
        fromMs,
        untilMs,
        untilMs != Long.MAX_VALUE,
        null,
        null);
  }
}
