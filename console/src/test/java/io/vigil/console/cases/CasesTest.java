package io.vigil.console.cases;

import static io.vigil.console.Alerts.START;
import static io.vigil.console.Alerts.alert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.console.Alerts;
import io.vigil.console.Refusal;
import io.vigil.console.TestDatabase;
import io.vigil.console.store.Database;
import io.vigil.schema.Action;
import io.vigil.schema.ActionKind;
import io.vigil.schema.Channel;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import io.vigil.schema.codec.Codec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Cases on a real PostgreSQL, the clock moved by hand. */
class CasesTest {

  private static final class TestClock extends Clock {
    private Instant now = Instant.parse("2026-03-02T10:00:01Z");

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public synchronized Instant instant() {
      return now;
    }

    synchronized void advance(Duration time) {
      now = now.plus(time);
    }
  }

  private final TestClock clock = new TestClock();
  private Database database;
  private CaseStore store;
  private Intake intake;
  private Claims claims;
  private Verdicts verdicts;
  private Handling handling;

  @BeforeEach
  void open() {
    database = TestDatabase.open();
    store = new CaseStore(CaseRules.standard("EUR"), clock);
    intake = new Intake(store);
    claims = new Claims(database, store);
    verdicts = new Verdicts(database, store, claims);
    handling = new Handling(database, store, claims);
  }

  /** After every test the view of every case is what its events come to. */
  @AfterEach
  void viewsAreDerived() {
    List<Long> ids =
        database.read(
            handle ->
                handle.createQuery("select case_id from fraud_case").mapTo(Long.class).list());
    for (long id : ids) {
      CaseView stored = database.inTransaction(handle -> store.lock(handle, id).orElseThrow());
      CaseView derived =
          CaseView.of(id, database.read(handle -> store.events(handle, id)), store.rules());
      assertThat(derived).usingRecursiveComparison().isEqualTo(stored);
    }
    database.close();
  }

  private long accept(Alerts alert) {
    return database.inTransaction(handle -> intake.accept(handle, alert.build(), alert.bytes()));
  }

  private CaseView view(long caseId) {
    return database.inTransaction(handle -> store.lock(handle, caseId).orElseThrow());
  }

  private VerdictRequest verdict(Verdict verdict, long... caseIds) {
    List<VerdictRequest.Seen> seen = new ArrayList<>();
    for (long id : caseIds) {
      seen.add(new VerdictRequest.Seen(id, view(id).version));
    }
    return new VerdictRequest(
        seen, verdict, verdict == Verdict.FRAUD ? "stolen_card" : null, List.of(), null);
  }

  private List<Label> labels() {
    Codec<Label> codec = Codec.of(Label.class);
    return outbox("labels").stream()
        .map(
            bytes -> {
              try {
                return codec.decode(bytes);
              } catch (java.io.IOException e) {
                throw new IllegalStateException(e);
              }
            })
        .toList();
  }

  private List<Action> actions() {
    Codec<Action> codec = Codec.of(Action.class);
    return outbox("actions").stream()
        .map(
            bytes -> {
              try {
                return codec.decode(bytes);
              } catch (java.io.IOException e) {
                throw new IllegalStateException(e);
              }
            })
        .toList();
  }

  private List<byte[]> outbox(String topic) {
    return database.read(
        handle ->
            handle
                .createQuery("select value from outbox where topic = :topic order by seq")
                .bind("topic", topic)
                .mapTo(byte[].class)
                .list());
  }

  @Test
  void alertsOfAnAccountAreOneCaseAndARepeatChangesNothing() {
    long first = accept(alert("1").account("a").amount(10_000));
    long second = accept(alert("2").account("a").at(START.plusSeconds(60)).amount(50_000));
    long repeated = accept(alert("1").account("a").amount(10_000));

    assertThat(second).isEqualTo(first);
    assertThat(repeated).isEqualTo(first);
    CaseView view = view(first);
    assertThat(view.alerts).isEqualTo(2);
    assertThat(view.expectedLossMinor).isEqualTo(48_000);
    assertThat(view.amountMinor).isEqualTo(60_000);
    assertThat(view.merchant).isEqualTo("merchant-2");
    assertThat(view.team).isEqualTo(Team.ONLINE);
  }

  @Test
  void sharedDevicesAndCardsTieAccountsTogetherWithinThreeDays() {
    long first = accept(alert("1").device("d1"));
    assertThat(accept(alert("2").device("d1").at(START.plus(Duration.ofHours(71)))))
        .isEqualTo(first);
    assertThat(accept(alert("3").device("d1").at(START.plus(Duration.ofDays(7)))))
        .isNotEqualTo(first);
    assertThat(view(first).accounts).containsExactly("account-1", "account-2");
  }

  @Test
  void aMerchantTiesOnlyWhereReasonsSpeakOfIt() {
    long first = accept(alert("1").merchant("m").reason("AMOUNT_UNUSUAL", "much"));
    long second = accept(alert("2").merchant("m").reason("AMOUNT_UNUSUAL", "much"));
    assertThat(second).isNotEqualTo(first);

    long risky = accept(alert("3").merchant("m").reason("MERCHANT_RISK", "fraud here"));
    long another = accept(alert("4").merchant("m").reason("MERCHANT_RISK", "fraud here"));
    assertThat(another).isEqualTo(risky).isNotIn(first, second);

    long busy = accept(alert("5").merchant("n").reason("MERCHANT_ACTIVITY", "much goes on here"));
    assertThat(accept(alert("6").merchant("n").reason("MERCHANT_ACTIVITY", "much goes on here")))
        .isNotEqualTo(busy);
  }

  @Test
  void aPlaceTiesByTheStrongestReasonOfTheAlertsThemselves() {
    long risky = accept(alert("1").account("a").merchant("m").reason("MERCHANT_RISK", "here"));
    assertThat(accept(alert("2").account("a").merchant("n").reason("VELOCITY", "many")))
        .isEqualTo(risky);
    // The case has the code, but not from what happened at that merchant.
    assertThat(accept(alert("3").merchant("n").reason("MERCHANT_RISK", "here")))
        .isNotEqualTo(risky);
    assertThat(
            accept(
                alert("4")
                    .merchant("m")
                    .reason("VELOCITY", "many")
                    .reason("MERCHANT_RISK", "here")))
        .isNotEqualTo(risky);
  }

  @Test
  void whatRulesAloneRaisedIsNoCaseWithWhatTheModelIsSureOf() {
    long sure = accept(alert("1").account("a").device("d").score(0.9));
    long unremarkable = accept(alert("2").account("a").device("d").score(0.01));
    assertThat(unremarkable).isNotEqualTo(sure);
    assertThat(accept(alert("3").account("a").score(0.1))).isEqualTo(sure);
    assertThat(accept(alert("4").account("a").score(0.09))).isEqualTo(unremarkable);
  }

  @Test
  void anAlertWithoutAScoreJoinsWhicheverIsThere() {
    long unremarkable = accept(alert("1").account("a").score(0.01));
    assertThat(accept(alert("2").account("a").score(Double.NaN))).isEqualTo(unremarkable);
  }

  @Test
  void anAlertThatBelongsToTwoOpenCasesMakesThemOneUnlessSomebodyHoldsOne() {
    long byAccount = accept(alert("1").account("a"));
    long byDevice = accept(alert("2").account("b").device("d"));
    assertThat(byDevice).isNotEqualTo(byAccount);

    assertThat(accept(alert("3").account("a").device("d"))).isEqualTo(byAccount);
    assertThat(view(byDevice).status).isEqualTo(Status.MERGED);
    assertThat(view(byDevice).mergedInto).isEqualTo(byAccount);
    assertThat(view(byAccount).alerts).isEqualTo(3);

    long held = accept(alert("4").account("c").device("e"));
    claims.claim("ada", held);
    assertThat(accept(alert("5").account("a").device("e"))).isEqualTo(byAccount);
    assertThat(view(held).status).isEqualTo(Status.OPEN);
  }

  @Test
  void aVerdictSendsOneLabelATransactionAndUndoWithdrawsThem() throws Exception {
    long id = accept(alert("1").account("a").device("d").card("c"));
    accept(alert("2").account("a"));
    claims.claim("ada", id);

    VerdictRequest asked = verdict(Verdict.FRAUD, id);
    Verdicts.Done done =
        verdicts.decide(
            "ada",
            new VerdictRequest(asked.cases(), Verdict.FRAUD, "mule", List.of("BLOCK"), "sure"));

    assertThat(done.decided()).containsExactly(id);
    assertThat(view(id).status).isEqualTo(Status.DECIDED);
    assertThat(labels())
        .extracting(Label::getTransactionId, Label::getValue, Label::getScheme)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("t-1", LabelValue.FRAUD, "mule"),
            org.assertj.core.groups.Tuple.tuple("t-2", LabelValue.FRAUD, "mule"));
    Label first =
        labels().stream().filter(label -> label.getTransactionId().equals("t-1")).findFirst().get();
    assertThat(first.getDevice()).isEqualTo("d");
    assertThat(first.getCard()).isEqualTo("c");
    assertThat(first.getCustomer()).isEqualTo("secret-customer-1");
    assertThat(first.getTransactionTime()).isEqualTo(START.toEpochMilli());
    assertThat(actions()).extracting(Action::getKind).containsExactly(ActionKind.BLOCK);

    clock.advance(Duration.ofSeconds(9));
    assertThat(verdicts.undo("ada", done.verdictId())).containsExactly(id);

    assertThat(view(id).status).isEqualTo(Status.OPEN);
    List<Label> all = labels();
    assertThat(all).extracting(Label::getValue).filteredOn(LabelValue.WITHDRAWN::equals).hasSize(2);
    // In force is the latest: each withdrawal is later than what it takes back.
    assertThat(all.subList(2, 4)).allMatch(label -> label.getLabelTime() > first.getLabelTime());
    assertThat(actions())
        .extracting(Action::getKind)
        .containsExactly(ActionKind.BLOCK, ActionKind.RELEASE);
    // And it is hers again.
    assertThatThrownBy(() -> claims.claim("bob", id)).hasMessageContaining("ada holds");
  }

  @Test
  void undoIsForTheOneWhoDecidedAndForTenSeconds() {
    long id = accept(alert("1"));
    Verdicts.Done done = verdicts.decide("ada", verdict(Verdict.GENUINE, id));
    assertThatThrownBy(() -> verdicts.undo("bob", done.verdictId())).isInstanceOf(Refusal.class);
    clock.advance(Duration.ofSeconds(11));
    assertThatThrownBy(() -> verdicts.undo("ada", done.verdictId()))
        .hasMessageContaining("cannot be undone");
    assertThatThrownBy(() -> verdicts.reopen("ada", false, id, null)).hasMessageContaining("lead");
    verdicts.reopen("lena", true, id, "new facts");
    assertThat(view(id).status).isEqualTo(Status.OPEN);
    assertThat(labels())
        .extracting(Label::getValue)
        .containsExactly(LabelValue.GENUINE, LabelValue.WITHDRAWN);
  }

  @Test
  void aLaterVerdictIsLaterEvenWhenTheClockStandsStill() {
    long id = accept(alert("1"));
    Verdicts.Done done = verdicts.decide("ada", verdict(Verdict.FRAUD, id));
    verdicts.undo("ada", done.verdictId());
    verdicts.decide("ada", verdict(Verdict.GENUINE, id));
    List<Label> labels = labels();
    assertThat(labels)
        .extracting(Label::getValue)
        .containsExactly(LabelValue.FRAUD, LabelValue.WITHDRAWN, LabelValue.GENUINE);
    assertThat(labels).extracting(Label::getLabelTime).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void largeAmountsNeedASecondPerson() {
    long id = accept(alert("1").amount(1_500_000));
    Verdicts.Done done = verdicts.decide("ada", verdict(Verdict.FRAUD, id));
    assertThat(done.pending()).containsExactly(id);
    assertThat(view(id).status).isEqualTo(Status.PENDING);
    assertThat(labels()).isEmpty();

    assertThatThrownBy(() -> verdicts.approve("ada", id, true, null))
        .hasMessageContaining("four eyes");
    verdicts.approve("bob", id, true, "agreed");
    assertThat(view(id).status).isEqualTo(Status.DECIDED);
    assertThat(view(id).decidedBy).isEqualTo("ada");
    assertThat(labels()).hasSize(1);

    long other = accept(alert("2").amount(1_500_000));
    verdicts.decide("ada", verdict(Verdict.GENUINE, other));
    verdicts.approve("bob", other, false, "look again");
    assertThat(view(other).status).isEqualTo(Status.OPEN);
    assertThat(labels()).hasSize(1);
  }

  @Test
  void aVerdictOnWhatHasChangedDecidesNothing() {
    long one = accept(alert("1").account("a"));
    long two = accept(alert("2").account("b"));
    VerdictRequest stale = verdict(Verdict.FRAUD, one, two);
    accept(alert("3").account("b"));

    assertThat(verdicts.preview("ada", stale).refused())
        .extracting(Verdicts.No::why)
        .containsExactly("changed");
    assertThatThrownBy(() -> verdicts.decide("ada", stale)).hasMessageContaining("has changed");
    assertThat(view(one).status).isEqualTo(Status.OPEN);
    assertThat(labels()).isEmpty();
  }

  @Test
  void nobodyDecidesWhatAnotherHoldsUntilTheHoldEnds() {
    long id = accept(alert("1"));
    claims.claim("ada", id);
    assertThatThrownBy(() -> verdicts.decide("bob", verdict(Verdict.FRAUD, id)))
        .hasMessageContaining("ada holds");
    assertThat(claims.next("bob", null, null)).isEmpty();
    clock.advance(Duration.ofMinutes(11));
    assertThat(claims.next("bob", null, null)).contains(id);
    claims.release("bob", id);
    assertThat(claims.next("ada", Team.CARDS, null)).isEmpty();
    assertThat(claims.next("ada", Team.ONLINE, "VELOCITY")).contains(id);
  }

  @Test
  void newHitsWakeASnoozedCaseAndAreCounted() {
    long id = accept(alert("1").account("a"));
    claims.claim("ada", id);
    handling.snooze("ada", id, clock.instant().plus(Duration.ofDays(1)), "later");
    assertThat(view(id).status).isEqualTo(Status.SNOOZED);
    accept(alert("2").account("a"));
    assertThat(view(id).status).isEqualTo(Status.OPEN);
    assertThat(view(id).newAlerts).isEqualTo(1);

    handling.await("ada", id, null, null);
    clock.advance(Duration.ofDays(3).plusSeconds(1));
    assertThat(handling.wake()).isEqualTo(1);
    assertThat(view(id).status).isEqualTo(Status.OPEN);
  }

  @Test
  void aTrustedPatternIsFiledUpToItsAmountAndDayAndNumber() {
    long id = accept(alert("1").account("a").merchant("m").amount(5_000));
    handling.trust("ada", id, clock.instant().plus(Duration.ofDays(30)), 8_000L, null);
    verdicts.decide("ada", verdict(Verdict.GENUINE, id));

    assertThat(accept(alert("2").account("a").merchant("m").amount(8_000))).isEqualTo(id);
    assertThat(view(id).status).isEqualTo(Status.DECIDED);
    assertThat(accept(alert("3").account("a").merchant("m").amount(8_001))).isNotEqualTo(id);
    assertThat(accept(alert("4").account("a").merchant("other").amount(100))).isNotEqualTo(id);
    for (int i = 0; i < 9; i++) {
      assertThat(accept(alert("r" + i).account("a").merchant("m").amount(100))).isEqualTo(id);
    }
    assertThat(accept(alert("r10").account("a").merchant("m").amount(100))).isNotEqualTo(id);
  }

  @Test
  void textOfStrangersIsKeptAsItIs() {
    String hostile = "<script>alert(1)</script>\u202E'; drop table alert; --\u0000";
    long id = accept(alert("1").merchant(hostile).reason("VELOCITY", hostile));
    assertThat(view(id).merchant).isEqualTo(hostile.replace('\u0000', '\uFFFD'));
  }

  @Test
  void transfersGoToTheirTeamAndEscalationToTheLeads() {
    long id = accept(alert("1").channel(Channel.TRANSFER));
    assertThat(view(id).team).isEqualTo(Team.TRANSFERS);
    handling.escalate("ada", id, "help");
    assertThat(view(id).team).isEqualTo(Team.LEAD);
    assertThat(claims.next("ada", Team.TRANSFERS, null)).isEmpty();
  }

  @Test
  void theOrderIsThatOfLossAMinuteDoubledByWaiting() {
    long small = accept(alert("1").amount(10_000));
    clock.advance(Duration.ofHours(72));
    long twice = accept(alert("2").amount(19_000));
    long thrice = accept(alert("3").amount(30_000));
    // Three days double the older one's priority: more than 1.9 times as much, less than 3 times.
    assertThat(claims.next("ada", null, null)).isEqualTo(Optional.of(thrice));
    assertThat(claims.next("ada", null, null)).isEqualTo(Optional.of(small));
    assertThat(claims.next("ada", null, null)).isEqualTo(Optional.of(twice));
  }

  @Test
  void twentyAnalystsWhoAskAtOnceGetTwentyCases() throws Exception {
    for (int i = 0; i < 60; i++) {
      accept(alert("c" + i));
    }
    Set<Long> taken = ConcurrentHashMap.newKeySet();
    ExecutorService pool = Executors.newFixedThreadPool(20);
    try {
      List<Future<?>> work = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        String person = "p" + i;
        work.add(
            pool.submit(
                () -> {
                  for (int k = 0; k < 3; k++) {
                    long id = claims.next(person, null, null).orElseThrow();
                    assertThat(taken.add(id)).as("case %d taken twice", id).isTrue();
                  }
                }));
      }
      for (Future<?> each : work) {
        each.get();
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(taken).hasSize(60);
  }

  @Test
  void actionsAreAskedForOnceAndTheOtherWayRoundAgain() {
    long id = accept(alert("1").account("a"));
    verdicts.act("ada", id, "BLOCK");
    verdicts.act("bob", id, "BLOCK");
    verdicts.act("ada", id, "CONTACT");
    verdicts.act("ada", id, "RELEASE");
    clock.advance(Duration.ofSeconds(1));
    verdicts.act("ada", id, "BLOCK");
    assertThat(actions())
        .extracting(Action::getKind)
        .containsExactly(
            ActionKind.BLOCK, ActionKind.CONTACT, ActionKind.RELEASE, ActionKind.BLOCK);
    assertThat(actions()).extracting(Action::getActionId).doesNotHaveDuplicates();
  }
}
