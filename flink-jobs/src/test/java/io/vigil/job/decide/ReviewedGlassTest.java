package io.vigil.job.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.ArtefactSet;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.control.Reviews;
import io.vigil.model.approval.Approval;
import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.InForce;
import io.vigil.model.approval.Keyring;
import io.vigil.model.approval.Refusal;
import io.vigil.model.approval.Review;
import io.vigil.model.approval.Role;
import io.vigil.model.approval.SigningKeys;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Signature;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.LocalDate;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody has looked at what another put in force in an emergency. */
class ReviewedGlassTest {
  private static final long START_MS = 1_767_225_600_000L;
  private static final Map<String, KeyPair> PAIRS = new TreeMap<>();
  private static final Keyring KEYRING = keyring();

  private ArtefactSet artefacts;

  private static Keyring keyring() {
    Keyring ring = Keyring.empty("test");
    for (String name : List.of("olga", "bob", "cy")) {
      PAIRS.put(name, SigningKeys.generate());
      Role role = name.equals("olga") ? Role.OPERATOR : Role.APPROVER;
      ring =
          ring.enrol(name, EnumSet.of(role), PAIRS.get(name).getPublic(), LocalDate.of(2100, 1, 1));
    }
    return ring;
  }

  /** Approves of everything, and knows the persons. */
  private static final class Persons implements ControlSettings.Approvals {
    private static final long serialVersionUID = 1L;

    @Override
    public @Nullable Refusal judge(DeploymentRequest request, InForce inForce, long timeMs) {
      return null;
    }

    @Override
    public Keyring keyring() {
      return KEYRING;
    }
  }

  @BeforeEach
  void readArtefacts(@TempDir Path folder) throws Exception {
    StubEngine.bundle("one").copyTo(folder.resolve("one"));
    artefacts =
        ArtefactSet.read(
            Configuration.fromMap(
                Map.of(
                    "vigil.artefacts.bundle",
                    folder.resolve("one").toString(),
                    "vigil.artefacts.rules",
                    "basic")));
  }

  private LiveJob job() throws Exception {
    ControlSettings settings =
        new ControlSettings(
            true,
            () ->
                (kind, digest, bytesMax) -> {
                  throw new IllegalStateException("a review loads nothing");
                },
            new Persons(),
            Duration.ofSeconds(10),
            1_000);
    return new LiveJob(artefacts, settings, 2, START_MS, null);
  }

  /** What the job wrote when cy broke the glass. */
  private static Deployment broken() {
    return Deployment.newBuilder()
        .setDeploymentId("answer-r")
        .setRequestId("r")
        .setStatus(DeploymentStatus.ACTIVATED)
        .setKind(ArtefactKind.RULE_SET)
        .setAlias(Alias.CHAMPION)
        .setName("cards")
        .setVersion("7")
        .setDigest("a".repeat(64))
        .setEffectiveAt(0)
        .setBreakGlass(true)
        .setEndsAt(START_MS)
        .setSignatures(
            List.of(
                new Signature(
                    SigningKeys.id(PAIRS.get("cy").getPublic()), ByteBuffer.wrap(new byte[64]))))
        .build();
  }

  private static Deployment review(String id, String who, Deployment of) {
    Review review = Reviews.of(of);
    KeyPair pair = PAIRS.get(who);
    Approval approval = review.sign("test", pair.getPrivate(), pair.getPublic());
    return Reviews.request(id, of, review, approval);
  }

  private static Deployment only(LiveJob job, Deployment request, long timeMs) throws Exception {
    job.control(request, timeMs);
    job.watermark(timeMs);
    List<Deployment> answers = job.answers();
    assertThat(answers).hasSize(1);
    // It comes back by the log, so that the next one is taken up.
    job.control(answers.get(0), timeMs + 1);
    job.watermark(timeMs + 1);
    return answers.get(0);
  }

  @Test
  void anotherApproversReviewIsAnsweredWithTheName() throws Exception {
    try (LiveJob job = job()) {
      Deployment answer = only(job, review("v", "bob", broken()), START_MS + 10);

      assertThat(answer.getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      assertThat(answer.getReviews()).isEqualTo("r");
      assertThat(answer.getRequestId()).isEqualTo("v");
      assertThat(answer.getPersons()).containsExactly("bob");
      assertThat(answer.getPlan()).isNull();
      // It put nothing in force.
      assertThat(answer.getKind()).isEqualTo(ArtefactKind.UNKNOWN);
      job.transaction("1", "A", START_MS + 20);
      job.watermark(START_MS + 30);
    }
  }

  @Test
  void whoBrokeItOrMayNotApproveReviewsNothing() throws Exception {
    try (LiveJob job = job()) {
      assertThat(only(job, review("v1", "cy", broken()), START_MS + 10).getReason())
          .startsWith("reviewer_broke_glass: ");
      assertThat(only(job, review("v2", "olga", broken()), START_MS + 20).getReason())
          .startsWith("wrong_role: ");
      Deployment other = review("v3", "bob", broken());
      other.setReviews("q");
      assertThat(only(job, other, START_MS + 30).getReason()).startsWith("malformed: ");
      Deployment whole = Deployment.newBuilder(broken()).setBreakGlass(false).build();
      assertThat(only(job, review("v4", "bob", whole), START_MS + 40).getReason())
          .startsWith("malformed: ");
    }
  }
}
