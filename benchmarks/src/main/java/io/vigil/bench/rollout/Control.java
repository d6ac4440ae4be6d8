package io.vigil.bench.rollout;

import io.vigil.job.Topics;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Receipt;
import io.vigil.schema.RecordKind;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The activated records of a job and when they took effect, as its receipts say.
 *
 * @param activations in the order of the log
 * @param byRequest when the broker took the answer, and from when it holds; by the request's id
 */
record Control(List<History.Activation> activations, Map<String, Answer> byRequest) {

  /** Milliseconds since the epoch: by the broker's clock, and in effective time. */
  record Answer(long loggedMs, long fromMs) {}

  /**
   * Reads them.
   *
   * @throws IllegalStateException when a request was refused
   */
  static Control read(String bootstrap) {
    Map<String, Long> effective = new HashMap<>();
    Codec<Receipt> receipts = Codec.of(Receipt.class);
    try (Topic topic = new Topic(bootstrap, Topics.RECEIPTS)) {
      topic.read(
          entry -> {
            try {
              Receipt receipt = receipts.decode(entry.value());
              if (receipt.getKind() == RecordKind.DEPLOYMENT) {
                effective.putIfAbsent(receipt.getRecordId(), receipt.getEffectiveTime());
              }
            } catch (DecodeException e) {
              throw new IllegalStateException("no receipt: " + e.getMessage(), e);
            }
          });
    }
    List<History.Activation> activations = new ArrayList<>();
    Map<String, Answer> byRequest = new HashMap<>();
    Codec<Deployment> deployments = Codec.of(Deployment.class);
    try (Topic topic = new Topic(bootstrap, Topics.CONTROL)) {
      topic.read(
          entry -> {
            Deployment deployment;
            try {
              deployment = deployments.decode(entry.value());
            } catch (DecodeException e) {
              return; // A tick.
            }
            String request = deployment.getRequestId();
            if (request == null || deployment.getStatus() == DeploymentStatus.PREPARING) {
              return;
            }
            Long fromMs = effective.get(deployment.getDeploymentId());
            if (deployment.getStatus() != DeploymentStatus.ACTIVATED || fromMs == null) {
              throw new IllegalStateException("expected it activated, got " + deployment);
            }
            if (byRequest.putIfAbsent(request, new Answer(entry.timestamp(), fromMs)) == null) {
              activations.add(
                  new History.Activation(
                      History.Place.valueOf(deployment.getAlias().name()),
                      deployment.getDigest(),
                      deployment.getShareBasisPoints(),
                      fromMs));
            }
          });
    }
    return new Control(activations, byRequest);
  }
}
