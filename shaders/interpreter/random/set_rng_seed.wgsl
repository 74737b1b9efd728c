// The states of a lane's generators from one seed: the twin of `seededStates` in src/isa/random/generators.ts.

fn run(lane: u32) {
  let key = vec2<u32>(seed_code(0u, 0u), {{SEEDING}}u);
  for (var g = 0u; g < {{GENERATORS}}u; g++) {
    let first = philox4x32(vec4<u32>(0u, {{FIRST}}u + g, lane, 0u), key);
    let second = philox4x32(vec4<u32>(1u, {{FIRST}}u + g, lane, 0u), key);
    for (var w = 0u; w < 4u; w++) {
      state_put_code(lane, 6u * g + w, first[w]);
    }
    state_put_code(lane, 6u * g + 4u, second.x);
    state_put_code(lane, 6u * g + 5u, second.y);
  }
}
