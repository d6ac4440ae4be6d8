package io.vigil.model.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.KeyPair;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestFileTest {

  @Test
  void comesBackAsItWasAndIsSignedOnItsWay() {
    SignedDraft draft = new SignedDraft();
    draft.effectiveAtMs = SignedDraft.NOW_MS + 3_600_001;
    RequestFile file = new RequestFile("test", draft.against, draft.request(List.of()));
    for (String signer : draft.signers) {
      RequestFile read = RequestFile.read(file.text(), "request.yaml");
      assertThat(read.text()).isEqualTo(file.text());
      KeyPair pair = SignedDraft.PAIRS.get(signer);
      file = read.with(read.statement(draft.expiresMs).sign(pair.getPrivate(), pair.getPublic()));
    }
    assertThat(SignedDraft.code(RequestFile.read(file.text(), "request.yaml").request()))
        .isEqualTo("ok");
  }

  @Test
  void signsWithAPairOnly() {
    SignedDraft draft = new SignedDraft();
    RequestFile file = new RequestFile("test", draft.against, draft.request(List.of()));
    assertThatThrownBy(
            () ->
                file.statement(1)
                    .sign(
                        SignedDraft.PAIRS.get("ada").getPrivate(),
                        SignedDraft.PAIRS.get("bob").getPublic()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected the private key of ");
  }

  @Test
  void saysFromWhenItDecides() {
    SignedDraft draft = new SignedDraft();
    draft.effectiveAtMs = SignedDraft.NOW_MS + 21_600_000;
    RequestFile file = new RequestFile("test", draft.against, draft.request(List.of()));
    assertThat(file.text()).contains("effective_at: \"2026-01-01T06:00:00Z\"\n");
    assertThat(file.statement(draft.expiresMs).lines()).contains("from     2026-01-01T06:00:00Z");
    for (String wrong : List.of("Monday", "1969-12-31T00:00:00Z")) {
      assertThatThrownBy(
              () -> RequestFile.read(file.text().replace("2026-01-01T06:00:00Z", wrong), "r.yaml"))
          .hasMessageStartingWith("r.yaml:10: effective_at: expected a time such as");
    }
  }

  @Test
  void asksForHistoryOfAModelThatTakesAPlace() {
    SignedDraft draft = new SignedDraft();
    draft.kind = Kind.MODEL;
    String without = new RequestFile("test", null, draft.request(List.of())).text();
    assertThat(without).doesNotContain("backfill");
    assertThat(RequestFile.read(without, "r.yaml").request().backfill()).isFalse();

    draft.backfill = true;
    RequestFile file = new RequestFile("test", null, draft.request(List.of()));
    RequestFile read = RequestFile.read(file.text(), "r.yaml");
    assertThat(read.request().backfill()).isTrue();
    assertThat(read.text()).isEqualTo(file.text());
    assertThat(read.statement(1).lines())
        .contains("backfill decides once the history of its new features is read");
    KeyPair ada = SignedDraft.PAIRS.get("ada");
    assertThat(read.with(read.statement(1).sign(ada.getPrivate(), ada.getPublic())).text())
        .contains("\nbackfill: true\n");

    assertThatThrownBy(
            () -> RequestFile.read(file.text().replace("\"model\"", "\"rule_set\""), "r"))
        .hasMessage(
            "r:11: backfill: expected a model that takes a place, for it alone brings features, got rule_set");
    assertThatThrownBy(
            () -> RequestFile.read(file.text().replace("\"champion\"", "\"shadow\""), "r"))
        .hasMessageEndingWith("got the end of a shadow");
    assertThatThrownBy(() -> RequestFile.read(file.text().replace("l: true", "l: 1"), "r"))
        .hasMessageStartingWith("r:11: backfill: expected one of ");
  }

  @Test
  void saysTheLineOfWhatIsWrong() {
    String text = new RequestFile("test", null, new SignedDraft().sign()).text();
    assertThatThrownBy(() -> RequestFile.read(text.replace("rule_set", "rule"), "r.yaml"))
        .hasMessageStartingWith("r.yaml:4: kind: expected one of feature_spec, model");
    assertThatThrownBy(() -> RequestFile.read(text.replace("plan: \"", "plan: \"%"), "r.yaml"))
        .hasMessageStartingWith("r.yaml:11: plan: expected bytes in base64");
    assertThatThrownBy(
            () -> RequestFile.read(text.replace("id: \"request-1\"", "id: \"\\e[2J\""), "r.yaml"))
        .hasMessageStartingWith("r.yaml:3: id: expected letters");
  }
}
