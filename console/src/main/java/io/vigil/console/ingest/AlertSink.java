package io.vigil.console.ingest;

import io.vigil.console.cases.Intake;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.util.List;

/** The case topic: each alert into its case. */
final class AlertSink implements TopicSink {
  private final Codec<AlertRaised> codec = Codec.of(AlertRaised.class);
  private final Intake intake;

  AlertSink(Intake intake) {
    this.intake = intake;
  }

  @Override
  public List<Store> read(byte[] value) throws DecodeException {
    AlertRaised alert = codec.decode(value);
    return List.of(handle -> intake.accept(handle, alert, value));
  }
}
