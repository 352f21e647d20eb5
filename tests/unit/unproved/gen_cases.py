import json
rows=[]
def case(id, file, cls, ctor=None, inputs=None, run=None, call=None, output=None, status='ok'):
    inputs = {"x": {"shape":[2,12,32],"rule":"uniform","seed":len(rows)+1}} if inputs is None else inputs
    call = {"args":["$"+k for k in inputs],"kwargs":{}} if call is None else call
    rows.append([id,status,file,cls]+[json.dumps(x) for x in (ctor or {}, inputs, run or {}, call, output or [])])
X=lambda b,t,d,**k: {"x":dict({"shape":[b,t,d],"rule":"uniform","seed":len(rows)+1},**k)}
A='attention.py'
BF={"dtype":"bfloat16"}; AC={"autocast":"bfloat16"}
case('attention/gqa',A,'GroupedQueryAttention')
case('attention/gqa_masked',A,'GroupedQueryAttention',{"bias":True},{**X(2,12,32),"m":{"shape":[2,12],"dtype":"int64","rule":"leftpad","lengths":[12,7]}},call={"args":["$x"],"kwargs":{"attention_mask":"$m"}})
case('attention/gqa_window_norm',A,'GroupedQueryAttention',{"window":5,"qk_norm":True,"n_kv_heads":1})
case('attention/gqa_softcap',A,'GroupedQueryAttention',{"softcap":20.0,"n_kv_heads":4})
case('attention/gqa_bf16',A,'GroupedQueryAttention',run=BF)
case('attention/gqa_autocast',A,'GroupedQueryAttention',run=AC)
case('attention/sdpa',A,'SdpaAttention'); case('attention/sdpa_bf16',A,'SdpaAttention',run=BF); case('attention/sdpa_autocast',A,'SdpaAttention',run=AC)
case('attention/sdpa_dropout',A,'SdpaAttention',{"dropout":0.3})
case('attention/differential',A,'DifferentialAttention',{"depth":3})
case('attention/alibi',A,'AlibiAttention'); case('attention/alibi_dict',A,'AlibiAttention',call={"args":["$x",True],"kwargs":{}},output=["weights"])
case('attention/mha',A,'TorchMha'); case('attention/mha_fast',A,'TorchMha',{"need_weights":False})
L='linear.py'
for f in ('elu','relu','square'): case(f'linear/attention_{f}',L,'LinearAttention',{"feature":f},X(2,13,32))
case('linear/attention_unnormalized',L,'LinearAttention',{"normalize":False,"chunk":4}); case('linear/attention_bf16',L,'LinearAttention',run=BF); case('linear/attention_autocast',L,'LinearAttention',run=AC)
case('linear/recurrence',L,'GatedLinearRecurrence'); case('linear/recurrence_autocast',L,'GatedLinearRecurrence',run=AC)
case('linear/delta',L,'DeltaRule',{},X(2,9,16)); case('linear/delta_plain',L,'DeltaRule',{"use_beta":False,"qk_activation":"relu","conv_size":4},X(2,9,16)); case('linear/delta_autocast',L,'DeltaRule',{},X(2,9,16),run=AC)
case('linear/delta_unknown',L,'DeltaRule',{"qk_activation":"nope"},X(2,9,16),status='broken')
case('linear/retention',L,'Retention'); case('linear/ssm',L,'StateSpace',{},X(2,10,16)); case('linear/scan',L,'SelectiveScan',{},X(2,7,16)); case('linear/scan_rank',L,'SelectiveScan',{"dt_rank":3,"expand":1},X(2,7,16)); case('linear/scan_bf16',L,'SelectiveScan',{},X(2,7,16),run=AC)
case('linear/gla',L,'ChunkedGla',{},X(2,12,16)); case('linear/gla_bf16',L,'ChunkedGla',{},X(2,12,16),run=BF)
C='channel.py'
case('channel/rms',C,'RMSNorm',{"dim":32}); case('channel/rms_bf16',C,'RMSNorm',{"dim":32},run=BF)
case('channel/swiglu',C,'SwiGLU'); case('channel/geglu',C,'SwiGLU',{"act":"gelu","expand":2}); case('channel/swiglu_autocast',C,'SwiGLU',run=AC)
case('channel/relu2',C,'ReluSquared'); case('channel/activations',C,'Activations',{},X(2,5,8)); case('channel/norms',C,'Norms',{},X(2,6,16)); case('channel/norms_autocast',C,'Norms',{},X(2,6,16),run=AC)
case('channel/batchnorm',C,'BatchNormed',{},X(3,6,8)); case('channel/average',C,'MovingAverage',{},X(3,6,8))
case('channel/moe',C,'MixtureOfExperts',{},X(2,6,16),output=[0]); case('channel/moe_loss',C,'MixtureOfExperts',{"n_experts":3,"top_k":1},X(2,6,16),output=[1])
ids={"ids":{"shape":[2,10],"dtype":"int64","rule":"arange"}}
case('channel/tied',C,'WeightTied',{},ids); case('channel/untied',C,'WeightTied',{"tie":False},ids)
case('channel/lowrank',C,'LowRank',{},X(2,4,16)); case('channel/dropout',C,'RandomDropout',{},X(2,4,16)); case('channel/quantizer',C,'Quantizer',{},X(2,4,8))
P='plumbing.py'
case('plumbing/indexing',P,'Indexing',{},X(2,5,6)); case('plumbing/scans',P,'Scans',{},X(2,7,8)); case('plumbing/unfold',P,'Unfolded',{},X(2,8,8))
case('plumbing/conv',P,'Convolutions',{},X(2,12,8)); case('plumbing/conv_circular',P,'Convolutions',{"padding_mode":"circular","kernel":5},X(2,12,8)); case('plumbing/conv_autocast',P,'Convolutions',{},X(2,12,8),run=AC)
case('plumbing/einops',P,'Einops',{},X(2,5,12)); case('plumbing/python',P,'Python',{},X(2,4,8),output=[0]); case('plumbing/python_flag',P,'Python',{"scales":{"a":2.0},"p":1,"q":3},X(2,4,8),call={"args":["$x"],"kwargs":{"flag":True}},output=[0])
case('plumbing/casting',P,'Casting',{},X(2,4,8)); case('plumbing/casting_bf16',P,'Casting',{},X(2,4,8),run=BF); case('plumbing/casting_autocast',P,'Casting',{},X(2,4,8),run=AC)
case('plumbing/gru',P,'Recurrent',{"layers":2},X(2,6,8)); case('plumbing/lstm',P,'Recurrent',{"kind":"lstm"},X(2,6,8))
case('plumbing/losses',P,'Losses',{},{**X(2,6,8),"ids":{"shape":[2,8],"dtype":"int64","rule":"arange"}},status='ok')
case('plumbing/algebra',P,'Algebra',{},X(2,5,4))
for k in ('shape','name','view','inplace','attribute'): case(f'broken/{k}',P,'Broken',{"kind":k},X(2,4,8),status='broken')
out='\t'.join(['id','status','files','class','ctor','inputs','run','call','output'])+'\n'
out+=''.join('\t'.join(r)+'\n' for r in rows)
open('/work/main/tests/peer/CASES.tsv','w').write(out); print(len(rows))
