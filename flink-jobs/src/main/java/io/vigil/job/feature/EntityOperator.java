package io.vigil.job.feature;

import io.vigil.job.ArtefactSet;
import io.vigil.job.order.OrderedOperator;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.EntityRequest;
import io.vigil.model.feature.EntityPlan;
import io.vigil.model.feature.FeaturePlan;
import java.time.Duration;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.runtime.state.StateInitializationContext;

/**
 * The behavioural state of every entity: one packed value a key, read and written once an event, in
 * effective order. What it holds is {@link EntityPlan}'s business.
 */
public final class EntityOperator extends OrderedOperator<EntityRequest, EntityAnswer> {
  private static final long serialVersionUID = 1L;

  private final ArtefactSet artefacts;
  private final Duration forgetAfter;

  private transient FeaturePlan plan;
  private transient ValueState<byte[]> state;

  /**
   * @param artefacts what decides
   * @param forgetAfter processing time after which a key that was never written again is dropped;
   *     far longer than any window, for values expire by event time inside
   */
  public EntityOperator(ArtefactSet artefacts, Duration forgetAfter) {
    super(EntityRequest.WIRE, EntityRequest::key);
    this.artefacts = artefacts;
    this.forgetAfter = forgetAfter;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    plan = artefacts.plan();
    ValueStateDescriptor<byte[]> descriptor =
        new ValueStateDescriptor<>("entity", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    descriptor.enableTimeToLive(slackOnly(forgetAfter));
    state = context.getKeyedStateStore().getState(descriptor);
  }

  @Override
  protected void apply(EntityRequest request) throws Exception {
    EntityPlan entity = plan.entities().get(request.entity());
    byte[] before = state.value();
    if (request.label()) {
      state.update(entity.label(before, request.eventTimeMs(), (int) request.inputs()[0]));
      return;
    }
    double[] outputs = new double[entity.outputs()];
    state.update(entity.transaction(before, request.eventTimeMs(), request.inputs(), outputs));
    emit(new EntityAnswer(request.id(), request.entity(), outputs));
  }

  /** Flink's processing-time expiry as garbage collection only: never what decides. */
  public static StateTtlConfig slackOnly(Duration forgetAfter) {
    return StateTtlConfig.newBuilder(forgetAfter)
        .setUpdateType(StateTtlConfig.UpdateType.OnCreateAndWrite)
        .setStateVisibility(StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp)
        .cleanupInRocksdbCompactFilter(100_000)
        .build();
  }
}
