package io.vigil.job.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.approval.SigningKeys;
import io.vigil.model.artefact.Artefacts;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Signature;
import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.util.Base64;
import java.util.List;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

class JobKeysTest {
  private static final KeyPair TODAY = SigningKeys.generate();
  private static final KeyPair BEFORE = SigningKeys.generate();
  private static final JobKeys KEYS = JobKeys.of(List.of(base64(TODAY), base64(BEFORE)));

  private static String base64(KeyPair pair) {
    return Base64.getEncoder().encodeToString(SigningKeys.raw(pair.getPublic()));
  }

  private static JobKeys.Signer signer(KeyPair pair) {
    return KEYS.signer(SigningKeys.privatePem(pair.getPrivate()));
  }

  /** With a value in every field with a default that the first version with signatures had. */
  private static Deployment answer() {
    return Deployment.newBuilder()
        .setDeploymentId("answer-a")
        .setStatus(DeploymentStatus.ACTIVATED)
        .setKind(ArtefactKind.RULE_SET)
        .setName("cards")
        .setVersion("7")
        .setDigest("a".repeat(64))
        .setLocation("file:/registry")
        .setEffectiveAt(5)
        .setSignatures(List.of(new Signature("ada", ByteBuffer.wrap(new byte[] {1, 2}))))
        .setReason("why")
        .setRequestId("r")
        .setAlias(Alias.CHALLENGER)
        .setShareBasisPoints(500)
        .setPlan(ByteBuffer.wrap(new byte[] {3}))
        .setBreakGlass(true)
        .setEndsAt(9L)
        .setFeatureSpec("spec")
        .setPersons(List.of("ada"))
        .setReviews("q")
        .build();
  }

  @Test
  void obeysWhatAnyOfTheJobsKeysSigned() {
    for (KeyPair pair : List.of(TODAY, BEFORE)) {
      Deployment signed = signer(pair).sign(answer());
      assertThat(KEYS.refusal(signed)).isNull();
      assertThat(signed.getSignatures()).hasSize(2);
      // The same bytes after a restart, which the log then takes for a duplicate.
      assertThat(signer(pair).sign(answer())).isEqualTo(signed);
    }
    assertThat(JobKeys.of(List.of(base64(TODAY))).refusal(signer(BEFORE).sign(answer())))
        .startsWith("signature: expected the last by a key of vigil.control.job-keys, ")
        .endsWith(", got one by another");
  }

  @Test
  void everyFieldIsSigned() {
    Deployment later =
        Deployment.newBuilder(answer())
            .setFeatureSpec("name: cards")
            .setWatch("stretch: 7")
            .setReturns("answer-b")
            .setBackfill(true)
            .build();
    Deployment signed = signer(TODAY).sign(later);
    for (Schema.Field field : Deployment.getClassSchema().getFields()) {
      Deployment altered = Deployment.newBuilder(signed).build();
      altered.put(field.pos(), other(field, altered));
      assertThat(KEYS.refusal(altered)).as(field.name()).isNotNull();
      if (field.hasDefaultValue() && !field.name().equals("signatures")) {
        altered.put(field.pos(), altered.getSpecificData().getDefaultValue(field));
        assertThat(KEYS.refusal(altered)).as(field.name() + " left out").isNotNull();
      }
    }
  }

  private static Object other(Schema.Field field, Deployment signed) {
    Object value = signed.get(field.pos());
    if (value instanceof String text) {
      return text + "x";
    } else if (value instanceof Long number) {
      return number + 1;
    } else if (value instanceof Integer number) {
      return number + 1;
    } else if (value instanceof Boolean truth) {
      return !truth;
    } else if (value instanceof ByteBuffer) {
      return ByteBuffer.wrap(new byte[] {4});
    } else if (value instanceof DeploymentStatus) {
      return DeploymentStatus.REFUSED;
    } else if (value instanceof ArtefactKind) {
      return ArtefactKind.MODEL;
    } else if (value instanceof Alias) {
      return Alias.SHADOW;
    } else if (field.name().equals("persons")) {
      return List.of("bob");
    } else if (value instanceof List) {
      // The approval of the person is another's.
      Signature last = signed.getSignatures().get(1);
      return List.of(new Signature("bob", ByteBuffer.wrap(new byte[] {1, 2})), last);
    }
    throw new IllegalStateException(field.name() + ": expected a value in every field");
  }

  @Test
  void obeysNobodyElse() {
    assertThat(KEYS.refusal(Deployment.newBuilder(answer()).setSignatures(List.of()).build()))
        .endsWith(", got none");
    KeyPair thief = SigningKeys.generate();
    JobKeys.Signer forger =
        JobKeys.of(List.of(base64(thief))).signer(SigningKeys.privatePem(thief.getPrivate()));
    assertThat(KEYS.refusal(forger.sign(answer()))).endsWith(", got one by another");
    // Under the id of a true key.
    JobKeys.Signer pretends = new JobKeys.Signer(SigningKeys.id(TODAY.getPublic()), forger.key());
    assertThat(KEYS.refusal(pretends.sign(answer()))).endsWith("altered since");
    assertThat(JobKeys.NONE.refusal(forger.sign(answer()))).isNull();
  }

  @Test
  void aRequestNeedsNoSignatureOfTheJobButAnotherId() {
    Deployment request =
        Deployment.newBuilder(answer())
            .setStatus(DeploymentStatus.REQUESTED)
            .setDeploymentId("r")
            .build();
    assertThat(KEYS.refusal(request)).isNull();
    request.setDeploymentId(ActivationOperator.answerId("other"));
    assertThat(KEYS.refusal(request)).startsWith("deployment id: ");
  }

  @Test
  void signsWithOneOfItsKeysOnly() {
    assertThatThrownBy(() -> signer(SigningKeys.generate()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("vigil.control.job-keys: expected the public key of");
  }

  /** The digest comes from another implementation: what an earlier version signed stays good. */
  @Test
  void aStatementIsTheseBytes() {
    assertThat(Artefacts.digest(JobKeys.statement(answer(), answer().getSignatures())))
        .isEqualTo("90012dc5763fb615f2c8e777dc03f7398489d6af66bf664dd080c61abc06a2d6");
  }
}
