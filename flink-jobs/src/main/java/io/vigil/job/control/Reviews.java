package io.vigil.job.control;

import io.vigil.model.approval.Approval;
import io.vigil.model.approval.Keyring;
import io.vigil.model.approval.Refusal;
import io.vigil.model.approval.Review;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Signature;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Records that somebody has looked at broken glass. Stateless. */
public final class Reviews {
  private Reviews() {}

  /**
   * What is reviewed.
   *
   * @param answer the job's answer that put something in force by breaking the glass; its request's
   *     signatures stand before the job's own
   */
  public static Review of(Deployment answer) {
    byte[] bytes = Codec.of(Deployment.class).encode(answer);
    List<String> keyIds = answer.getSignatures().stream().map(Signature::getKeyId).toList();
    return new Review(String.valueOf(answer.getRequestId()), bytes, keyIds);
  }

  /**
   * A request that says so, without what puts anything in force.
   *
   * @param id of the request
   */
  public static Deployment request(String id, Deployment answer, Review review, Approval approval) {
    return Deployment.newBuilder()
        .setDeploymentId(id)
        .setStatus(DeploymentStatus.REQUESTED)
        .setName(answer.getName())
        .setVersion(answer.getVersion())
        .setDigest(answer.getDigest())
        .setKind(ArtefactKind.UNKNOWN)
        .setEffectiveAt(0)
        .setReviews(review.requestId())
        .setPlan(ByteBuffer.wrap(review.answer()))
        .setSignatures(
            List.of(new Signature(approval.keyId(), ByteBuffer.wrap(approval.signature()))))
        .build();
  }

  /**
   * Whether such a request counts: what it holds is the job's own answer, and who signed it is an
   * approver and did not break the glass.
   *
   * @param timeMs of its place in the log, milliseconds since the epoch
   * @return null when it does
   */
  static @Nullable Refusal judge(
      Deployment request, long timeMs, Keyring keyring, JobKeys jobKeys) {
    Deployment answer = answer(request.getPlan());
    if (answer == null
        || !answer.getBreakGlass()
        || answer.getStatus() != DeploymentStatus.ACTIVATED
        || !String.valueOf(answer.getRequestId()).equals(request.getReviews())) {
      return new Refusal(
          "malformed", "plan: expected the answer that put the reviewed in force, got another");
    }
    String forged = jobKeys.refusal(answer);
    if (forged != null) {
      return new Refusal("malformed", "plan: expected the job's own answer; " + forged);
    }
    List<Approval> approvals =
        request.getSignatures().stream()
            .map(s -> new Approval(s.getKeyId(), JobKeys.bytes(s.getSignature())))
            .toList();
    Review review = of(answer);
    return new Review(review.requestId(), JobKeys.bytes(request.getPlan()), review.brokenBy())
        .judge(keyring, approvals, timeMs);
  }

  private static @Nullable Deployment answer(@Nullable ByteBuffer bytes) {
    try {
      return bytes == null ? null : Codec.of(Deployment.class).decode(JobKeys.bytes(bytes));
    } catch (DecodeException e) {
      return null;
    }
  }
}
